"""What keeps a text from being taken for a formula."""

# A spreadsheet takes a text that begins so for a formula, and a formula may send a sheet's content elsewhere (OWASP).
# The last four are the wide forms of the first four.
FORMULA_STARTS = frozenset(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


def guarded(said: str) -> str:
    """A text that a spreadsheet shows as it is."""
    return f"'{said}" if said[:1] in FORMULA_STARTS else said
