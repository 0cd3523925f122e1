"""Cells of a csv file that a spreadsheet may open."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_cell(value: object) -> str:
    r"""Return a value as text that no spreadsheet takes for a formula.

    A text that begins like one gets an apostrophe in front, which spreadsheets show as text; a
    plain number keeps its sign. Source: OWASP, "CSV injection".

    >>> [spreadsheet_cell(v) for v in ("dog", "=1+1", "@sum", -3, -2.5, "-3 dB", None)]
    ['dog', "'=1+1", "'@sum", '-3', '-2.5', "'-3 dB", '']
    """
    if value is None:
        return ""
    text = str(value)
    is_number = isinstance(value, int | float)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not is_number else text
