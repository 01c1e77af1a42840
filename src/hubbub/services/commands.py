"""What a request to an API may do to live calls, rooms and recordings: the dialects' way into the use cases.

Owns the shape of the commands, in our words; the use cases behind them are the files of their names. Every
command is done, stored and to be read back when it returns. All raise a `Refusal` that says what is wrong.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from hubbub.domain.account import Account
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, ParticipantChanges
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.ids import AccountId, CallId, ConferenceId, RecordingId
from hubbub.domain.queries import Member
from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource
from hubbub.markup.effects import Ask, Given
from hubbub.markup.instructions import Document, JoinConference, WaitMusic
from hubbub.services.calls.call_progress import Watch
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.ports import Transaction


class RecordWish(NamedTuple):
    """How something is to be recorded."""

    source: RecordingSource
    layout: Layout = Layout.MONO
    format: AudioFormat = AudioFormat.WAV
    track: str = "both"
    trim_silence: bool = False
    silent_is_absent: bool = False
    """A recording without a voice in it ends as absent."""
    name: str | None = None
    tag: str | None = None
    callbacks: tuple[SubscriptionWish, ...] = ()
    max_duration_ms: int | None = None
    silence_ms: int | None = None
    """It stops by itself when nobody has spoken for so long; waiting for the first word counts."""
    dialect: str = ""
    """Whose words the callbacks are in; needed when there are any."""


class CallWish(NamedTuple):
    """A call to be made."""

    account: Account
    to: str
    """E.164, `sip:…`, or `client:NAME`, as given."""
    from_: str
    dialect: str
    begin: Ask | Given | Document | None = None
    """What it runs when it is answered; None: nothing, another leg is to have it in its mixer."""
    fallback: WebTarget | None = None
    application_id: str | None = None
    parent_id: CallId | None = None
    timeout_s: float = 60.0
    """How long it may ring."""
    callback_timeout_s: float | None = None
    """How long its customer's server may take for a document; None: as the server's settings have it."""
    time_limit_s: float | None = None
    display_name: str | None = None
    username: str | None = None
    """Digest credentials for the far end."""
    password: str | None = None
    headers: Mapping[str, str] = {}
    send_digits: str = ""
    """Sent when it is answered, before anything else. `w` waits half a second, `W` one second."""
    tag: str | None = None
    priority: int = 5
    """1 leaves the account's queue first, 5 last."""
    callbacks: tuple[SubscriptionWish, ...] = ()
    record: RecordWish | None = None
    at_once: bool = False
    """It does not wait in the account's queue: a leg that another call dials."""


Within = Callable[[Transaction, CallLeg], Awaitable[None]]
Serve = Callable[[LiveCall], Awaitable[None]]
"""Serves an answered leg, in the leg's own task. When it returns and the leg lives, the leg idles."""


class PlacedCall(NamedTuple):
    leg: CallLeg
    queue_time_ms: int
    """How long it will wait for its turn."""


class PlaceCalls(Protocol):
    """Makes calls."""

    async def __call__(
        self,
        wish: CallWish,
        *,
        within: Within | None = None,
        watch: Watch | None = None,
        serve: Serve | None = None,
    ) -> PlacedCall:
        """As `CallCommands.place`.

        Args:
            within: called in the transaction that writes the new leg, after it; what it raises undoes both.
            watch: told how far the call has come, until it is over.
            serve: serves the leg once it is answered, instead of `wish.begin`.
        """

    def queue_size(self, account_id: AccountId) -> tuple[int, int]: ...


class CallChange(NamedTuple):
    """What to do to a live call."""

    dialect: str
    """Whose words `callbacks` are in."""
    begin: Ask | Given | None = None
    """Drop what runs and go on with this document."""
    fallback: WebTarget | None = None
    tag: str | None = None
    """A new tag; empty clears it; None leaves it."""
    time_limit_s: float | None = None
    callbacks: tuple[SubscriptionWish, ...] | None = None
    """Instead of those it has."""
    move_partner: bool = False
    """The leg it is connected to takes the same document."""


class CallCommands(Protocol):
    async def place(self, wish: CallWish) -> PlacedCall:
        """Queue a call. Raises InvalidValue for an address that cannot be called, ServerFull, ServerDraining."""

    async def change(self, call_id: CallId, change: CallChange) -> CallLeg:
        """Raises NotFound, or Conflict for a call that is over or not answered."""

    async def end(self, call_id: CallId, *, only_unanswered: bool = False) -> CallLeg:
        """Hang up, cancel or refuse, in whatever state it is; the leg as it is then.

        Args:
            only_unanswered: raise Conflict for one that is answered.

        Raises:
            NotFound; Conflict when it is over.
        """

    async def delete(self, call_id: CallId) -> None:
        """Forget a call that is over. Raises NotFound, Conflict."""

    async def send_digits(self, call_id: CallId, digits: str) -> None:
        """Raises NotFound, Conflict."""

    def queue_size(self, account_id: AccountId) -> tuple[int, int]:
        """How many calls wait for their turn, and how many may."""


class AddedParticipant(NamedTuple):
    conference: Conference
    member: Member
    queue_time_ms: int


class RoomCommands(Protocol):
    async def add(
        self,
        wish: CallWish,
        join: JoinConference,
        *,
        record_room: RecordWish | None = None,
        early_media: bool = False,
    ) -> AddedParticipant:
        """Call somebody into the room that `join` names, which is made if there is none.

        Args:
            early_media: let the room hear that it rings, or what the far end sends, before it answers.

        The participant is there at once, with its call queued; it enters when the call is answered.
        Raises as `CallCommands.place` and `domain.room.reserve`.
        """

    async def modify(
        self,
        conference_id: ConferenceId,
        call_id: CallId,
        changes: ParticipantChanges,
        *,
        hold_music: WaitMusic | None = None,
        wait_music: WaitMusic | None = None,
    ) -> Member:
        """The participant after the change.

        Args:
            hold_music: what it hears on hold; None: as it was, at first silence.
            wait_music: what it hears while the room has not started; None: as it was.

        Raises:
            NotFound: it is not in the conference; and as `domain.room.modify`.
        """

    async def announce(
        self, conference_id: ConferenceId, call_id: CallId | None, ask: Ask, dialect: str
    ) -> None:
        """Play a sound or a document to everybody, or to one participant alone. Raises NotFound.

        Returns at once; `announcement-ended` or `announcement-failed` follows.
        """

    async def kick(self, conference_id: ConferenceId, call_id: CallId) -> None:
        """Put a participant out; its call goes on with its document. Raises NotFound."""

    async def end(self, conference_id: ConferenceId) -> Conference:
        """End the room; the conference afterwards. One that is over stays as it is. Raises NotFound."""

    async def redirect(self, conference_id: ConferenceId, ask: Ask, dialect: str) -> None:
        """Ask for a document and run it in the room, after those that wait. Raises NotFound, ConferenceEnded."""

    async def run(self, conference_id: ConferenceId, document: Document, dialect: str) -> None:
        """Run a document in the room, after those that wait. Raises NotFound, ConferenceEnded."""


class MediaFile(NamedTuple):
    """A recording's sound, in one format, ready to send."""

    content_type: str
    size_bytes: int
    first_byte: int
    chunks: AsyncIterator[bytes]
    length_bytes: int


class StopReason(StrEnum):
    """Why a recording takes no more sound."""

    ASKED = "asked"
    SILENCE = "silence"
    """Nobody spoke for as long as the wish allowed."""
    MAX_DURATION = "max-duration"
    OVER = "over"
    """Its call or conference is."""
    FAILED = "failed"


class RecordingCommands(Protocol):
    async def start_call(self, call_id: CallId, wish: RecordWish) -> Recording:
        """Raises NotFound, Conflict when the call is over or not answered, ServerFull."""

    async def start_conference(
        self, conference_id: ConferenceId, wish: RecordWish, call_id: CallId | None = None
    ) -> Recording:
        """Record a live conference from now on. Raises NotFound, ConferenceEnded, Conflict for one that is not
        mixed here, ServerFull.

        Args:
            call_id: the leg whose wish it is, if a leg's.
        """

    async def record_from_start(
        self, conference_id: ConferenceId, wish: RecordWish, call_id: CallId | None = None
    ) -> None:
        """Record a conference from the moment it starts, or from now on when it has; nothing when somebody
        else's joining asked for that already. One that is over is left alone."""

    def running(self, subject_id: str) -> list[Recording]:
        """The recordings of a call or a conference that are in progress or paused, oldest first."""

    async def taken(self, recording_id: RecordingId) -> StopReason:
        """Wait until no more sound is taken. Raises NotFound for one that is not taken here."""

    async def finished(self, recording_id: RecordingId) -> Recording:
        """Wait until it can be read, or never will be: it is completed, absent or failed. Raises NotFound."""

    async def pause(self, recording_id: RecordingId, *, skip: bool = False) -> Recording: ...
    async def resume(self, recording_id: RecordingId) -> Recording: ...
    async def stop(self, recording_id: RecordingId) -> Recording:
        """All three raise NotFound, and Conflict for one that is over."""

    async def delete(self, recording_id: RecordingId) -> Recording:
        """Remove the sound. Raises NotFound, Conflict for one that is not finished."""

    async def open(
        self,
        recording_id: RecordingId,
        format_: AudioFormat,
        *,
        channels: int | None = None,
        track: str | None = None,
        first_byte: int = 0,
        last_byte: int | None = None,
    ) -> MediaFile:
        """The sound. Raises NotFound when it is not finished or gone, InvalidValue for channels it has not."""


class Commands(NamedTuple):
    calls: CallCommands
    rooms: RoomCommands
    recordings: RecordingCommands
