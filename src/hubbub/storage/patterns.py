"""SQL LIKE, taken apart to plan a search; what it matches is `domain.queries.like`."""

import re


def has_wildcards(pattern: str) -> bool:
    return "%" in pattern or "_" in pattern


def is_anything(pattern: str) -> bool:
    """Whether every text matches."""
    return pattern != "" and not pattern.strip("%")


def prefix_of(pattern: str) -> str:
    """What a text must begin with to match."""
    return re.split("[%_]", pattern, maxsplit=1)[0]
