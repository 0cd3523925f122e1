"""Subsets by licence hold what was wished for, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.releases.license_subset import license_family, wanted_licenses

KINDS = ["by", "by-nc", "by-sa", "by-nd", "by-nc-sa", "by-nc-nd"]
DEEDS = "https://creativecommons.org/licenses"
KNOWN = [
    *(
        f"https://creativecommons.org/licenses/{kind}/{v}/"
        for kind in KINDS
        for v in ("3.0", "4.0")
    ),
    *(f"CC-{kind.upper()}-4.0" for kind in KINDS),
    "http://creativecommons.org/publicdomain/zero/1.0/",
    "CC0",
    "CC-BY",
    "Sampling+",
]


@given(known=st.sets(st.sampled_from(KNOWN), min_size=1), data=st.data())
def test_a_kind_takes_every_version_of_itself_and_no_other_kind(known, data):
    kind = license_family(data.draw(st.sampled_from(sorted(known))))
    found = wanted_licenses(known, [kind.lower()])
    assert found == sorted(text for text in known if license_family(text) == kind)


@given(known=st.sets(st.sampled_from(KNOWN), min_size=1), data=st.data())
def test_more_wishes_never_give_less(known, data):
    kinds = sorted({license_family(text) for text in known})
    some = data.draw(st.lists(st.sampled_from(kinds), min_size=1))
    more = [*some, data.draw(st.sampled_from(kinds))]
    assert set(wanted_licenses(known, some)) <= set(wanted_licenses(known, more))


@given(known=st.sets(st.sampled_from(KNOWN), min_size=1))
def test_all_kinds_are_all_licences(known):
    kinds = {license_family(text) for text in known}
    assert wanted_licenses(known, sorted(kinds)) == sorted(known)


@pytest.mark.parametrize("wish", ["", " ", "CC-BY-5.0", "MIT", "CC"])
def test_what_no_clip_has_is_refused(wish):
    with pytest.raises(RuleError, match="No clip has the licence"):
        wanted_licenses(KNOWN, ["CC0", wish])


def test_a_version_is_that_version_alone():
    assert wanted_licenses(KNOWN, ["cc-by-4.0"]) == [
        "CC-BY-4.0",
        "https://creativecommons.org/licenses/by/4.0/",
    ]
