"""A twin of `services.commands.Commands` that writes down what it was asked and does what a test tells it to."""

from collections.abc import AsyncIterator
from typing import Any

from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.ids import AccountId, CallId, RecordingId
from hubbub.domain.recording import AudioFormat
from hubbub.services.commands import CallWish, Commands, MediaFile, PlacedCall


class CommandsTwin:
    """`commands` for a desk; `asked` holds (name, positional, named) of each command, in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.refusal: Exception | None = None
        """Raised by every command while it is set."""
        self.sounds: dict[RecordingId, bytes] = {}
        self.queue = (0, 900)
        self.now_ms = 1_777_887_010_000
        self.commands = Commands(_Calls(self), _Rooms(self), _Recordings(self))  # type: ignore[arg-type]

    @property
    def last(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return self.asked[-1]

    def note(self, name: str, *positional: Any, **named: Any) -> None:
        self.asked.append((name, positional, named))
        if self.refusal is not None:
            raise self.refusal


class _Noted:
    """Every command that needs no answer."""

    def __init__(self, twin: CommandsTwin) -> None:
        self.twin = twin

    def __getattr__(self, name: str) -> Any:
        async def command(*positional: Any, **named: Any) -> None:
            self.twin.note(f"{type(self).__name__[1:].lower()}.{name}", *positional, **named)

        return command


class _Calls(_Noted):
    async def place(self, wish: CallWish) -> PlacedCall:
        self.twin.note("calls.place", wish)
        leg = CallLeg(
            CallId("77" * 16),
            wish.account.id,
            None,
            wish.application_id,  # type: ignore[arg-type]
            None,
            wish.from_,
            wish.to,
            Direction.OUTBOUND_API,
            CallStatus.QUEUED,
            self.twin.now_ms,
            self.twin.now_ms,
            tag=wish.tag,
        )
        return PlacedCall(leg, 0)

    def queue_size(self, account_id: AccountId) -> tuple[int, int]:
        return self.twin.queue


class _Rooms(_Noted):
    pass


class _Recordings(_Noted):
    async def open(
        self,
        recording_id: RecordingId,
        format_: AudioFormat,
        *,
        first_byte: int = 0,
        last_byte: int | None = None,
        **named: Any,
    ) -> MediaFile:
        self.twin.note("recordings.open", recording_id, format_)
        sound = self.twin.sounds[recording_id]
        part = sound[first_byte : None if last_byte is None else last_byte + 1]

        async def chunks() -> AsyncIterator[bytes]:
            for at in range(0, len(part), 7):
                yield part[at : at + 7]

        content_type = "audio/mpeg" if format_ is AudioFormat.MP3 else "audio/wav"
        return MediaFile(content_type, len(sound), first_byte, chunks(), len(part))
