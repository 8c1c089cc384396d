"""How alike two texts are, by RapidFuzz (MIT): loaded when two names are first compared."""


def similarity(one: str, other: str) -> float:
    """Return a share of 0 to 1: of the letters of both texts, those that both have in the same
    order (the normalised Indel similarity, which is symmetric)."""
    from rapidfuzz import fuzz

    return fuzz.ratio(one, other) / 100
