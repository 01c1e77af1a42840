"""SQL LIKE, understood outside the database: `%` any text, `_` one character, letter case counts."""

import re
from functools import lru_cache


def has_wildcards(pattern: str) -> bool:
    return "%" in pattern or "_" in pattern


def is_anything(pattern: str) -> bool:
    """Whether every text matches."""
    return pattern != "" and not pattern.strip("%")


def prefix_of(pattern: str) -> str:
    """What a text must begin with to match."""
    return re.split("[%_]", pattern, maxsplit=1)[0]


def like_matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    # "%%" is "%": runs of stars would make the regular expression try every split.
    parts = re.split("(%+|_)", pattern)
    words = {"%": ".*", "_": "."}
    return re.compile("".join(words.get(part[:1], re.escape(part)) for part in parts if part), re.DOTALL)
