"""Query strings and form bodies: `application/x-www-form-urlencoded` (WHATWG URL Standard §5).

Owns the splitting and the percent-decoding. Order and duplicates are kept, nothing is refused: bytes that
are not UTF-8 become U+FFFD. Leaves the meaning of names to the dialects.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote_plus, unquote

Pairs = list[tuple[str, str]]


def parse_query(text: str) -> Pairs:
    """The pairs of a query or a form, in order, duplicates kept.

    A pair is split at its first `=` before decoding, so `DateCreated>=2009-07-06`, typed raw, is the
    parameter `DateCreated>`. A piece without `=` is a name with an empty value; empty pieces are dropped.
    """
    pairs: Pairs = []
    if not text:
        return pairs
    plain = "%" not in text and "+" not in text
    for piece in text.split("&"):
        if not piece:
            continue
        name, _, value = piece.partition("=")
        pairs.append((name, value) if plain else (decode(name), decode(value)))
    return pairs


def parse_form(body: bytes) -> Pairs:
    """The pairs of a form body. Raw bytes above 127 are read as UTF-8."""
    return parse_query(body.decode("utf-8", "replace"))


def decode(text: str) -> str:
    """One percent-encoded piece of a query: `+` is a space."""
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, "utf-8", "replace") if "%" in text else text


def decode_path(segment: str) -> str:
    """One percent-encoded path segment: `+` is a plus sign."""
    return unquote(segment, "utf-8", "replace") if "%" in segment else segment


def last(pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    """The last value of `name`, or None if it was not sent."""
    found = None
    for key, value in pairs:
        if key == name:
            found = value
    return found


def first(pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first value of `name`, or None if it was not sent."""
    for key, value in pairs:
        if key == name:
            return value
    return None


def encode_query(pairs: Sequence[tuple[str, str]]) -> str:
    """The inverse of `parse_query`: names and values percent-encoded, a space as `+`."""
    return "&".join([f"{_encode(name)}={_encode(value)}" for name, value in pairs])


@lru_cache(maxsize=8192)
def _encode(text: str) -> str:
    # Names come again with every request, and so do most values: ids, words, numbers.
    return quote_plus(text, errors="replace")


def count_pairs(text: str) -> int:
    """How many pairs `text` could hold, found without decoding: what a limit is held against."""
    return text.count("&") + 1 if text else 0
