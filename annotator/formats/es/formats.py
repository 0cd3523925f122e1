"""Spanish as browsers write it: scripts and server put the same sign between thousands."""

THOUSAND_SEPARATOR = "."
