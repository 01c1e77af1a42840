"""What a telephone's call, or its registering, came to."""

from enum import StrEnum
from typing import NamedTuple

from hubbub.protocol.sip.events import EndCause


class PhoneState(StrEnum):
    IDLE = "idle"
    CALLING = "calling"
    """We dialled, or are being called, and nobody has answered yet."""
    TALKING = "talking"


class CallOver(NamedTuple):
    """How the last call ended."""

    cause: EndCause
    status: int | None
    """The final SIP status of the INVITE, where there was one."""
    by_far_end: bool
    reason: str | None
    """The Reason header that came with it (RFC 3326)."""


class CallFailed(Exception):
    """A call that we made was not answered."""

    def __init__(self, over: CallOver) -> None:
        status = f" with {over.status}" if over.status is not None else ""
        super().__init__(f"the call was not answered: {over.cause}{status}")
        self.over = over
        self.status = over.status


class RegistrationFailed(Exception):
    """The registrar refused, or never answered (408)."""

    def __init__(self, status: int) -> None:
        super().__init__(f"registering failed with {status}")
        self.status = status
