"""Instructions that make sound, silence or tones, and what one hears while one waits.

Owns their data. `instructions` names them with all others.
"""

from dataclasses import dataclass
from enum import StrEnum

from hubbub.domain.application import WebTarget

FOREVER = 0
"""A `loop` of 0: until the call ends."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text."""

    text: str
    """Without markup."""
    voice: str = ""
    """The dialect's word for the voice, read by the speech engine; empty: the engine's own."""
    language: str = ""
    """A BCP 47 tag; empty: the engine's own."""
    loop: int = 1
    ssml: str = ""
    """The text with the speech markup that goes through (`spoken_ssml`); empty: it has none."""


@dataclass(frozen=True, slots=True)
class Play:
    """Play a sound file."""

    target: WebTarget
    loop: int = 1


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Send telephone events to the far end. `w` waits half a second, `W` one second."""

    digits: str
    every_ms: int | None = None
    """From the beginning of one to that of the next; None: as fast as they are understood."""


@dataclass(frozen=True, slots=True)
class Pause:
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Ring:
    """Let the far end hear ringing."""

    duration_ms: int
    answer: bool = True
    """Answer first, and play a ringing tone; False: leave an unanswered call ringing."""


class WaitKind(StrEnum):
    STOCK = "stock"
    SILENCE = "silence"
    URL = "url"
    """A document is asked for and run."""
    SOUND = "sound"
    """A sound file goes round."""


@dataclass(frozen=True, slots=True)
class WaitMusic:
    """What one hears in a room that has not started."""

    kind: WaitKind = WaitKind.STOCK
    target: WebTarget | None = None
    while_alone: bool = True
    """Also for one who is alone in a room that has its moderator."""
