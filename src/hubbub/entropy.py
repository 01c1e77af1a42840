"""Real chance, from the system's generator. Its seeded twin is `hubbub.lab.clock.SeededEntropy`."""

from __future__ import annotations

import secrets
import uuid
from typing import Final

_GENERATOR: Final = secrets.SystemRandom()


class SystemEntropy:
    """Implements `services.ports.Entropy`; fit for secrets."""

    def id(self) -> str:
        return uuid.uuid4().hex

    def token(self, size: int) -> str:
        return secrets.token_hex((size + 1) // 2)[:size]

    def random(self) -> float:
        return _GENERATOR.random()
