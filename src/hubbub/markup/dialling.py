"""Instructions that connect a call with another one outside of a conference.

Owns their data. `instructions` names them with all others; the calling is for `services.calls.connect_calls`.
"""

from dataclasses import dataclass, field

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.ids import CallId
from hubbub.markup.recording import RecordingWish


@dataclass(frozen=True, slots=True)
class DialTarget:
    """Somebody to call."""

    to: str
    """E.164, `sip:…`, or `client:NAME`."""
    username: str | None = None
    """Digest credentials for the far end."""
    password: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    send_digits: str = ""
    """Sent when it is answered. `w` waits half a second, `W` one second."""
    screen: WebTarget | None = None
    """Asked for a document that runs for the one who was called, before the two are connected."""
    screen_fallback: WebTarget | None = None
    tag: str | None = None
    callbacks: tuple[SubscriptionWish, ...] = ()
    """Who wants to hear how the call to it goes."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Call others and be connected with the first that answers, until either end leaves."""

    targets: tuple[DialTarget, ...]
    """Called all at once."""
    one_by_one: bool = False
    """Each only after the one before could not be had."""
    caller_id: str | None = None
    """Who calls, as the called side sees it; None: the caller."""
    display_name: str | None = None
    ring_ms: int = 30_000
    """How long each may ring."""
    time_limit_ms: int | None = None
    """How long the two may be connected."""
    answer_on_bridge: bool = False
    """An unanswered caller hears its own telephone ring until the two are connected."""
    release_on_star: bool = False
    """The caller's `*` ends it."""
    recording: RecordingWish | None = None
    """Of both sides, while they are connected."""
    action: WebTarget | None = None
    """Asked for the next document when it is over; None: the next instruction runs."""
    action_fallback: WebTarget | None = None
    hang_up_after: bool = False
    """The caller is hung up when the connection was made and is over."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Be connected with a live call, whose own document is dropped for it."""

    call_id: CallId
    action: WebTarget | None = None
    action_fallback: WebTarget | None = None
    meet: "Meet" = field(default_factory=lambda: Meet())
    """What the other call runs instead of its document."""


@dataclass(frozen=True, slots=True)
class Meet:
    """Be connected with the call that dialled or bridged this one, until either end leaves.

    No dialect writes it: it is what a called leg runs when its document is over.
    """

    action: WebTarget | None = None
    """Asked for the next document when it is over; None: the next instruction runs."""
    action_fallback: WebTarget | None = None
