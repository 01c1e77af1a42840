"""What the use cases need of the world, as protocols. `bootstrap` joins them to adapters; the lab to twins.

Nothing here touches a clock, a socket or a file: that is the point.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from hubbub.domain.account import Account, Credential, CredentialKind, Role
from hubbub.domain.application import Application, Number, Trunk
from hubbub.domain.call import CallLeg, HangupCause
from hubbub.domain.conference import Conference, Participant, Room
from hubbub.domain.delivery import Delivery, Subscription
from hubbub.domain.events import Event, NumberedEvent
from hubbub.domain.ids import (
    AccountId,
    ApplicationId,
    CallId,
    ConferenceId,
    DeliveryId,
    RecordingId,
    SubscriptionId,
)
from hubbub.domain.paging import Page, PageRequest
from hubbub.domain.queries import (
    CallQuery,
    ConferenceQuery,
    DeliveryQuery,
    Member,
    ParticipantQuery,
    RecordingQuery,
)
from hubbub.domain.recording import Recording
from hubbub.markup.connection import ConnectionRules

# --- time and chance ------------------------------------------------------------------------------------


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """The only time there is."""

    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""

    def mono_s(self) -> float:
        """Monotonic seconds, of no particular start."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer: ...

    async def sleep(self, delay_s: float) -> None: ...


class Entropy(Protocol):
    """The only chance there is; seeded in the lab."""

    def id(self) -> str:
        """32 lower-case hex digits of a random UUID (RFC 9562 version 4)."""

    def token(self, size: int) -> str:
        """`size` random lower-case hex digits, fit for a secret."""

    def random(self) -> float:
        """0 <= x < 1."""


# --- storage --------------------------------------------------------------------------------------------


class KeptAnswer(NamedTuple):
    """What was answered to a request that carried an idempotency key."""

    fingerprint: str
    """Of the request: another one under the same key is an error."""
    status: int
    content_type: str | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    kept_at_ms: int


class Registration(NamedTuple):
    """One contact of a SIP user (RFC 3261 §10)."""

    username: str
    account_id: AccountId
    contact_uri: str
    source: str
    """`udp:host:port` or `tcp:host:port`: where the REGISTER came from, and where calls for it go."""
    expires_at_ms: int
    sip_call_id: str
    cseq: int
    user_agent: str | None = None


class Reader(Protocol):
    """Questions to the store. Every answer is what was last committed: read-after-write always."""

    async def account(self, account_id: AccountId) -> Account | None: ...
    async def account_by_bandwidth_id(self, bandwidth_id: str) -> Account | None: ...
    async def account_by_email(self, email: str) -> Account | None: ...
    async def account_by_friendly_name(self, name: str) -> Account | None: ...
    async def accounts(self) -> list[Account]: ...
    async def role(self, name: str) -> Role | None: ...
    async def verify_secret(self, kind: CredentialKind, username: str, secret: str) -> Credential | None:
        """The credential, if `secret` is its secret; compared in constant time."""

    async def credential(self, kind: CredentialKind, username: str) -> Credential | None:
        """Who has this user name; no secret is looked at."""

    async def signing_secret(self, account_id: AccountId) -> str | None:
        """The account's auth token in the clear, to sign with."""

    async def application(self, application_id: ApplicationId) -> Application | None: ...
    async def applications(self, account_id: AccountId | None) -> list[Application]: ...
    async def number(self, address: str) -> Number | None: ...
    async def numbers(self, account_id: AccountId | None) -> list[Number]: ...
    async def trunks(self) -> list[Trunk]: ...
    async def trunk_secret(self, username: str) -> tuple[Trunk, str] | None:
        """The trunk with this digest user name, and its password in the clear: digest needs it."""

    async def call(self, call_id: CallId) -> CallLeg | None: ...
    async def call_by_given_id(self, account_id: AccountId, given_id: str) -> CallLeg | None: ...
    async def conference(self, conference_id: ConferenceId) -> Conference | None: ...
    async def conferences(self, query: ConferenceQuery, page: PageRequest) -> Page[Conference]: ...
    async def live_conference(self, account_id: AccountId, name: str) -> Conference | None: ...
    async def members(self, query: ParticipantQuery, page: PageRequest) -> Page[Member]: ...
    async def member(self, conference_id: ConferenceId, call_id: CallId) -> Member | None:
        """The membership, present or past; the newest where there were several."""

    async def stay(
        self, conference_id: ConferenceId, call_id: CallId, joined_at_ms: int
    ) -> Participant | None:
        """The membership that began at this very moment, present or past."""

    async def member_by_label(self, conference_id: ConferenceId, label: str) -> Member | None:
        """Present members only."""

    async def room(self, conference_id: ConferenceId) -> Room | None:
        """The conference and those present."""

    async def events(
        self, after: int, limit: int, conference_id: ConferenceId | None = None
    ) -> list[NumberedEvent]:
        """Events with a number greater than `after`, in order."""

    async def event(self, number: int) -> NumberedEvent | None: ...
    async def calls(self, query: CallQuery, page: PageRequest) -> Page[CallLeg]: ...
    async def recording(self, recording_id: RecordingId) -> Recording | None: ...
    async def recordings(self, query: RecordingQuery, page: PageRequest) -> Page[Recording]: ...
    async def subscription(self, subscription_id: SubscriptionId) -> Subscription | None: ...
    async def subscriptions(self, subject_id: str) -> list[Subscription]: ...
    async def delivery(self, delivery_id: DeliveryId) -> Delivery | None: ...
    async def deliveries(self, query: DeliveryQuery, page: PageRequest) -> Page[Delivery]: ...
    async def next_delivery_due_ms(self) -> int | None:
        """When the earliest delivery that waits for nothing but time is due, or its lease is over."""

    async def kept_answer(self, account_id: AccountId, key: str) -> KeptAnswer | None: ...
    async def registrations(self, username: str) -> list[Registration]:
        """All, those that have expired too."""


class Transaction(Reader, Protocol):
    """Changes that happen together or not at all. Reads inside it see its own writes."""

    async def put_account(self, account: Account) -> None: ...
    async def put_credential(self, credential: Credential, secret: str) -> None: ...
    async def put_role(self, role: Role) -> None: ...
    async def put_application(self, application: Application) -> None: ...
    async def put_number(self, number: Number) -> None:
        """Raises NameTaken when the address is another number's."""

    async def put_trunk(self, trunk: Trunk, password: str | None) -> None: ...
    async def put_call(self, call: CallLeg) -> None: ...
    async def put_conference(self, conference: Conference) -> None:
        """Raises NameTaken when another live conference of the account has the name."""

    async def put_participants(self, participants: Sequence[Participant]) -> None: ...
    async def append(self, events: Sequence[Event]) -> None:
        """Number the events and write them with the rest of the transaction, and a due delivery for each
        subscription that follows one of an event's subjects and wants its kind."""

    async def delete_call(self, call_id: CallId) -> None: ...
    async def put_recording(self, recording: Recording) -> None: ...
    async def delete_recording(self, recording_id: RecordingId) -> None:
        """The row too."""

    async def open_recordings(self, node: str) -> list[Recording]:
        """In progress, paused or being finished."""

    async def put_subscription(self, subscription: Subscription) -> None: ...
    async def delete_subscriptions(self, subject_id: str, purpose: str | None = None) -> None:
        """Nothing new is due to them; what is due already goes out, and `subscription` answers them as long as
        one of their deliveries is kept."""

    async def lease_deliveries(self, now_ms: int, until_ms: int, limit: int) -> list[Delivery]:
        """Take the first open delivery of each stream, where it is due or its lease is over, the one that
        waits longest in front; each is written as sending, leased until `until_ms`, one attempt more."""

    async def put_delivery(self, delivery: Delivery) -> None: ...
    async def forget_deliveries(self, before_ms: int, limit: int) -> int:
        """Delete delivered ones last changed before, longest ago first; how many."""

    async def keep_answer(self, account_id: AccountId, key: str, answer: KeptAnswer) -> None: ...
    async def forget_answers(self, before_ms: int) -> None: ...
    async def put_registration(self, registration: Registration) -> None: ...
    async def delete_registration(self, username: str, contact_uri: str) -> None: ...

    async def live_calls(self, node: str) -> list[CallLeg]: ...
    async def live_rooms(self, node: str) -> list[Room]: ...


class Store(Protocol):
    """The one place where state lives."""

    @property
    def read(self) -> Reader: ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """One writer at a time; committed on leaving the block, undone when it raises."""

    def on_commit(self, listener: Callable[[Sequence[NumberedEvent]], None]) -> None:
        """`listener` is called after each commit with the events it wrote."""

    def on_delivery(self, listener: Callable[[], None]) -> None:
        """`listener` is called after each commit that may have made a delivery due: one was made, put, or
        left its stream to the next. What another process commits is not heard of (`version` tells)."""

    def version(self) -> int:
        """Another number after every commit, whichever process made it: as long as it stays, so does every
        answer of `read`. Costs a few microseconds."""

    async def aclose(self) -> None: ...


# --- media ----------------------------------------------------------------------------------------------


class LocalMedia(NamedTuple):
    """Where a leg's RTP is expected."""

    port_id: int
    """Names the mixer port in commands and events; never used again for another leg."""
    host: str
    rtp_port: int


class RemoteMedia(NamedTuple):
    """Where a leg's RTP goes, as negotiated."""

    host: str
    rtp_port: int
    codec: str
    """`PCMU` or `PCMA`."""
    payload_type: int
    telephone_event_payload_type: int | None
    ptime_ms: int
    sends: bool
    """We may send to it."""
    receives: bool
    """It may send to us."""


class Mix(NamedTuple):
    """One port's place in its mixer."""

    hears_room: bool = True
    heard: bool = True
    coached: tuple[int, ...] = ()
    """Port ids that alone hear this one; empty: everybody does."""


class Clip(NamedTuple):
    """Sound ready to play: 16-bit mono at 8 kHz, little-endian."""

    pcm: bytes
    name: str

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) // 16


class DigitHeard(NamedTuple):
    port_id: int
    digit: str
    duration_ms: int


class PlaybackEnded(NamedTuple):
    playback_id: int


class MediaSilent(NamedTuple):
    """No RTP came from the far end for as long as the setting allows."""

    port_id: int


class TalkChanged(NamedTuple):
    """Somebody who is heard began to talk in the mixer that the port is in, or ceased: 60 ms above a level, and
    half a second below a lower one. One who is muted ceases; one who leaves the mixer does so unsaid."""

    port_id: int
    talking: bool


MediaEvent = DigitHeard | PlaybackEnded | MediaSilent | TalkChanged


class TapKind(StrEnum):
    """What a tap takes."""

    MIX = "mix"
    """All that is said in a mixer, summed once and limited once, and what is played to it. What coaches whisper
    and what is played to one port are left out."""
    SPOKEN = "spoken"
    """What one port's far end adds to its mixer: silence while it is muted, on hold, in no mixer, pressing a key
    or whispering as a coach. The sum of all a mixer's is its mix, where that fits and nothing is played."""
    RECEIVED = "received"
    """What one port's far end says, whatever becomes of it; lost packets concealed."""
    HEARD = "heard"
    """What one port's far end is given to hear, as it decodes it, in a mixer or in none; also while it takes none."""


class TapFrame(NamedTuple):
    """Sound that a tap took."""

    tap_id: int
    position: int
    """Samples at 8 kHz since a start that all taps of one plane share; a multiple of 160. The frame after it is
    `len(pcm) // 2` later; a greater distance was lost and is silence. Never less: positions of a tap only grow."""
    pcm: bytes
    """16-bit mono, little-endian; whole ticks of 320 bytes, several where nothing is missing between them."""
    last: bool = False
    """The tap is closed; nothing follows. `pcm` is empty and `position` is where the tap ended: what was not
    given before it was lost."""


class MediaPlane(Protocol):
    """Mixers and ports. Commands take effect at the next tick, in the order given."""

    def open_port(self) -> LocalMedia:
        """Raises ServerFull when no port or no time on the core is left."""

    def connect(self, port_id: int, remote: RemoteMedia) -> None:
        """Set or change the far end."""

    def close_port(self, port_id: int) -> None: ...
    def create_mixer(self) -> int: ...
    def destroy_mixer(self, mixer_id: int) -> None: ...
    def join(self, port_id: int, mixer_id: int, mix: Mix) -> None:
        """Put a port in a mixer, or change its place there."""

    def leave(self, port_id: int) -> None: ...
    def play_to_port(self, port_id: int, clip: Clip, *, loop: bool = False) -> int:
        """Play to one far end, instead of the room while it lasts. Returns a playback id."""

    def play_to_mixer(self, mixer_id: int, clip: Clip) -> int:
        """Play to everybody who hears the room, added like one more speaker."""

    def stop_playback(self, playback_id: int) -> None: ...
    def send_digits(self, port_id: int, digits: str) -> None:
        """Send telephone events (RFC 4733) to the far end."""

    def subscribe(self, listener: Callable[[MediaEvent], None]) -> None: ...
    def open_tap(self, kind: TapKind, target: int) -> int:
        """Take sound on the mixer's own tick, 20 to 40 ms from now on; silence where there is none.

        All taps opened and closed in one turn of the event loop begin and end at one sample, so that a tap that
        is opened where another is closed goes on where that one ends. What is taken in one tick of a mixer
        stands at one position in all of its taps.

        Args:
            target: the mixer id for `MIX`, else the port id. A port keeps its taps when it changes rooms, and
                while it is in none. Rooms tick at different moments of the same 20 ms, so at each change one
                frame may be missing (silence) or have been left out; all stays aligned.

        Raises:
            ServerFull: no tap is left.
        """

    def close_tap(self, tap_id: int) -> None:
        """Its `last` frame follows exactly once, within a tenth of a second; so it does, unasked, when the port
        or the mixer is closed, is gone already, or the plane is closed."""

    def subscribe_taps(self, listener: Callable[[Sequence[TapFrame]], None]) -> None:
        """`listener` gets what all taps took, each tap's in order, ten times a second; whole ticks of a mixer:
        after each batch its taps stand at one position."""

    def statistics(self) -> Mapping[str, float]:
        """Counters for the metrics page: packets, late ticks, drops by cause, busy share."""

    async def aclose(self) -> None: ...


# --- signalling -----------------------------------------------------------------------------------------


class IncomingCall(NamedTuple):
    """An INVITE that passed the gate."""

    call_id: CallId
    account_id: AccountId | None
    """Whose it is by trunk or user; None: by the number dialled, else the default account."""
    from_address: str
    """E.164, or the user part of the From URI."""
    to_address: str
    """The user part of the Request-URI."""
    from_uri: str
    to_uri: str
    caller_name: str | None
    sip_call_id: str
    source_host: str
    headers: Mapping[str, str]
    """Custom headers (`X-…`), as sent."""


class CallEvents(Protocol):
    """How signalling reports. Implemented by the use cases; never blocks, never raises."""

    def incoming(self, call: IncomingCall) -> None: ...
    def rang(self, call_id: CallId) -> None: ...
    def early_media(self, call_id: CallId, media: LocalMedia) -> None:
        """The far end of an outbound call may be heard before it answers."""

    def answered(self, call_id: CallId, media: LocalMedia) -> None:
        """The far end of an outbound call answered, or our answer to an inbound one was acknowledged."""

    def digit(self, call_id: CallId, digit: str, duration_ms: int) -> None:
        """A digit that came by SIP INFO."""

    def ended(self, call_id: CallId, cause: HangupCause, sip_status: int | None) -> None:
        """The leg is over, whoever ended it; said exactly once for each call."""


class CallTarget(NamedTuple):
    """One address that an outbound call is tried at."""

    uri: str
    source: str | None = None
    """`udp:host:port` or `tcp:host:port`: where it is sent, instead of where `uri` leads; as in `Registration`."""
    is_trusted: bool = False
    """The operator or a registration named it: it may be in a network that customers may not reach."""


class OutboundCall(NamedTuple):
    call_id: CallId
    to_uri: str
    from_uri: str
    display_name: str | None
    timeout_s: float
    username: str | None = None
    """Digest credentials for `targets`; where one sends us on to another host, they stay behind."""
    password: str | None = None
    headers: Mapping[str, str] = {}
    targets: tuple[CallTarget, ...] = ()
    """Called all at once; the first to answer has the call. Empty: `to_uri` alone, which is not trusted."""


class Signalling(Protocol):
    """Calls in and out. Every command is a no-op on a call that is over."""

    def ring(self, call_id: CallId) -> None: ...
    def answer(self, call_id: CallId) -> LocalMedia:
        """Answer an inbound call (200 with SDP). Raises Conflict if it cannot be answered any more."""

    def reject(self, call_id: CallId, cause: HangupCause) -> None:
        """Refuse an inbound call that is not answered."""

    def hang_up(self, call_id: CallId, cause: HangupCause) -> None:
        """End a call in any state: CANCEL, a refusal or BYE. `CallEvents.ended` follows with `cause`."""

    def place(self, call: OutboundCall) -> None:
        """Make a call. `CallEvents.ended` follows in any case, and may come before this returns."""

    def stop_taking_calls(self) -> None:
        """Refuse new calls with 503 from now on."""


# --- the customer's web server --------------------------------------------------------------------------


class FetchRequest(NamedTuple):
    url: str
    method: str
    """GET or POST."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    username: str | None = None
    password: str | None = None
    timeout_s: float = 15.0
    body_bytes_max: int = 65_536
    connection: ConnectionRules | None = None
    """What the receiver asks of the connection."""


class FetchResponse(NamedTuple):
    url: str
    """After redirects: what relative URLs resolve against."""
    status: int
    content_type: str
    body: bytes


class FetchFailed(Exception):
    """No usable answer. `kind` is one of refused-target, connect, timeout, too-large, redirects, protocol, status."""

    def __init__(self, kind: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


class DocumentFetcher(Protocol):
    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """The answer, any status below 400. Raises FetchFailed."""


class ClipSource(Protocol):
    """Sound from a URL or a text."""

    async def load(self, request: FetchRequest) -> Clip:
        """Fetch and decode WAV, MP3 or Ogg; cached. Raises FetchFailed, or InvalidValue for bad audio."""

    async def speak(self, text: str, *, voice: str, language: str, ssml: str = "") -> Clip:
        """Speech; cached.

        Args:
            ssml: the same text with speech markup, for an engine that understands it; empty: there is none.

        Raises:
            InvalidValue: nothing can be said.
        """

    def stock(self, name: str) -> Clip:
        """One that ships with the server: `music`, `beep-enter`, `beep-exit`, `ringback`, `busy`."""


# --- logs -----------------------------------------------------------------------------------------------


class Log(Protocol):
    """Structured logging; a method per level, keyword values."""

    def debug(self, event: str, **values: Any) -> None: ...
    def info(self, event: str, **values: Any) -> None: ...
    def warning(self, event: str, **values: Any) -> None: ...
    def error(self, event: str, **values: Any) -> None: ...
