"""Real chance, from the system's generator. Its seeded twin is `hubbub.lab.clock.SeededEntropy`."""

from __future__ import annotations

import os
import secrets
from typing import Final

_GENERATOR: Final = secrets.SystemRandom()
_DRAWN_BYTES: Final = 4096


class SystemEntropy:
    """Implements `services.ports.Entropy`; fit for secrets.

    The system is asked for a page of bytes at a time, each of which is handed out once: a call needs a dozen
    identifiers, and asking for each cost two per cent of it.
    """

    __slots__ = ("_at", "_drawn")

    def __init__(self) -> None:
        self._drawn = b""
        self._at = 0

    def bytes(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        at = self._at
        end = at + count
        if end > len(self._drawn):
            self._drawn = os.urandom(max(_DRAWN_BYTES, count))
            at, end = 0, count
        self._at = end
        return self._drawn[at:end]

    def id(self) -> str:
        """A random UUID's digits (RFC 9562 §5.4): six of its bits say what it is."""
        digits = self.bytes(16).hex()
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:12]}4{digits[13:16]}{variant}{digits[17:]}"

    def token(self, size: int) -> str:
        return self.bytes((size + 1) // 2).hex()[:size]

    def random(self) -> float:
        return _GENERATOR.random()
