"""How far a call that is being made has come, for whoever asked for it: the leg that dials, say."""

from collections.abc import Callable
from typing import NamedTuple

from hubbub.domain.call import CallStatus, HangupCause


class Rang(NamedTuple):
    """The far end rings."""


class HeardEarly(NamedTuple):
    """The far end may be heard before it answers: its port has sound already."""

    port_id: int


class Answered(NamedTuple):
    """The far end answered, and that is written down. `port_id` may be put in a mixer."""

    port_id: int


class Ended(NamedTuple):
    """The leg is over, and that is written down. Always the last; it comes without the others, too."""

    cause: HangupCause
    status: CallStatus
    sip_status: int | None


CallProgress = Rang | HeardEarly | Answered | Ended
Watch = Callable[[CallProgress], None]
"""Is told each at most once, in this order. Must not raise or block."""
