"""Sounds kept in memory: how long a fetched one may be used (RFC 9111), and which go when room is needed.

Owns freshness and eviction. A sound without a lifetime of its own is asked for again each time, with its
validators if it has any: vendors promise no more. Leaves the asking to `source`.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from hubbub.services.ports import Clip

LIFETIME_MAX_S: Final = 86_400.0
"""A server that says "a year" is believed for a day: memory is not a disk."""


class Cached(NamedTuple):
    clip: Clip
    fresh_until_mono_s: float
    etag: str | None
    last_modified: str | None

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """Request headers that ask whether it is still right (RFC 9110 §13.1)."""
        headers = []
        if self.etag is not None:
            headers.append(("If-None-Match", self.etag))
        if self.last_modified is not None:
            headers.append(("If-Modified-Since", self.last_modified))
        return tuple(headers)


class ClipCache:
    """Least recently used goes first. A sound that would take over a quarter of the room is not kept."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._entries: OrderedDict[Hashable, Cached] = OrderedDict()

    def get(self, key: Hashable) -> Cached | None:
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: Hashable, entry: Cached) -> None:
        self.drop(key)
        if len(entry.clip.pcm) > self._bytes_max // 4:
            return
        self._entries[key] = entry
        self._bytes += len(entry.clip.pcm)
        while self._bytes > self._bytes_max:
            _, gone = self._entries.popitem(last=False)
            self._bytes -= len(gone.clip.pcm)

    def drop(self, key: Hashable) -> None:
        gone = self._entries.pop(key, None)
        if gone is not None:
            self._bytes -= len(gone.clip.pcm)

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)


def lifetime_s(headers: Mapping[str, str]) -> float | None:
    """For how many seconds an answer may be used unasked; None: it must not be kept at all.

    Args:
        headers: lower-case names.
    """
    directives = _directives(headers.get("cache-control", ""))
    if "no-store" in directives:
        return None
    if "no-cache" in directives or headers.get("vary", "").strip() == "*":
        return 0.0
    max_age = directives.get("max-age")
    if max_age is not None:
        age = headers.get("age", "0").strip()
        spent = int(age[:9]) if age.isascii() and age.isdigit() else 0
        lifetime = int(max_age[:9]) if max_age.isascii() and max_age.isdigit() else 0
        return min(max(0.0, float(lifetime - spent)), LIFETIME_MAX_S)
    if "expires" in headers and "date" in headers:
        # Both by the server's own clock: ours need not agree with it.
        try:
            expires = parsedate_to_datetime(headers["expires"])
            date = parsedate_to_datetime(headers["date"])
            seconds = (expires - date).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return 0.0
        return min(max(0.0, seconds), LIFETIME_MAX_S)
    return 0.0


def _directives(header: str) -> dict[str, str]:
    directives = {}
    for part in header.split(","):
        name, _, value = part.partition("=")
        directives[name.strip().lower()] = value.strip().strip('"')
    return directives
