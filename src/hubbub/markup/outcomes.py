"""What came of instructions that are asked about afterwards: digits, connections, messages.

Owns the data, which an action's request tells (`Ask.outcome`), each dialect in its own words.
"""

from dataclasses import dataclass

from hubbub.domain.call import CallLeg, CallStatus
from hubbub.domain.recording import Recording
from hubbub.markup.instructions import Gather


@dataclass(frozen=True, slots=True)
class Collected:
    """What a caller pressed."""

    digits: str
    finish_key: str = ""
    """The key that ended it, or empty."""
    gather: Gather | None = None
    """What asked for them."""
    elapsed_ms: int = 0
    """How long it took."""


@dataclass(frozen=True, slots=True)
class Connected:
    """How calling others, or being connected to one, went. It is over now."""

    status: CallStatus
    """COMPLETED when the two were connected; else why not: BUSY, NO_ANSWER, FAILED, CANCELED."""
    bridged: bool = False
    leg: CallLeg | None = None
    """Who was connected, or the last that was tried."""
    duration_ms: int = 0
    """From the answer of the called side to the end."""
    ringing_ms: int = 0
    recording: Recording | None = None
    caller_left: bool = False
    """The caller hung up."""
    faults: tuple[str, ...] = ()
    """Why somebody could not be called at all."""
    elapsed_ms: int = 0


@dataclass(frozen=True, slots=True)
class MessageTaken:
    """What became of a message."""

    recording: Recording | None = None
    """None: none could be begun."""
    digit: str = ""
    """The key that ended it, or empty."""
    caller_left: bool = False
    """The caller hung up."""
    is_empty: bool = False
    """Nobody said anything."""
    elapsed_ms: int = 0


@dataclass(frozen=True, slots=True)
class Stayed:
    """A recorded stay in a room."""

    recording: Recording
    elapsed_ms: int = 0


Outcome = Collected | Connected | MessageTaken | Stayed
"""What an action's request tells of the instruction that is over."""
