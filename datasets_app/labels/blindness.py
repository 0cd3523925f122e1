"""What is withheld from people who judge, until they have answered.

As long as a nomination is open to someone who judges, they see nobody else's answer to it and no
decision. A verification clip looks the same to them at all times: what was decided of it is its
secret. The pages and the API ask here.
"""


def is_withheld(*, n_wanted: int, is_verification: bool, has_answered: bool) -> bool:
    """Say whether a nomination's decision is to be kept from someone who judges.

    ``n_wanted`` are the answers it still asks for, ``has_answered`` whether this person's is saved.

    >>> is_withheld(n_wanted=0, is_verification=False, has_answered=False)
    False
    >>> is_withheld(n_wanted=2, is_verification=False, has_answered=False)
    True
    >>> is_withheld(n_wanted=0, is_verification=True, has_answered=True)
    True
    """
    return is_verification or (n_wanted > 0 and not has_answered)
