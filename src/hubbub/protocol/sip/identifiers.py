"""Branches, tags and Call-IDs (RFC 3261 §8.1.1.7, §19.3, §8.1.1.4).

Owns their shape; the randomness is handed in, so that a seeded source makes a whole run repeatable and the server's
own source makes them unguessable.
"""

from __future__ import annotations

from typing import Protocol

from hubbub.protocol.sip.address import BRANCH_COOKIE


class RandomSource(Protocol):
    """What is used of `random.Random`. A server passes `random.SystemRandom`."""

    def getrandbits(self, k: int, /) -> int:
        """A number of k random bits."""

    def random(self) -> float:
        """0 <= x < 1."""


class Identifiers:
    """Makes fresh identifiers."""

    __slots__ = ("_bits", "_source")

    def __init__(self, source: RandomSource) -> None:
        self._source = source
        self._bits = source.getrandbits

    def branch(self) -> str:
        """A branch, unique over time and space: the cookie and 80 bits."""
        return f"{BRANCH_COOKIE}{self._bits(80):020x}"

    def tag(self) -> str:
        """A dialog tag of 64 bits ("at least 32 bits of randomness")."""
        return f"{self._bits(64):016x}"

    def call_id(self) -> str:
        """A Call-ID of 128 bits."""
        return f"{self._bits(128):032x}"

    def token(self) -> str:
        """A token of 64 bits: a cnonce, a nonce's salt."""
        return f"{self._bits(64):016x}"

    def between(self, low: float, high: float) -> float:
        """A number between two."""
        return low + (high - low) * self._source.random()
