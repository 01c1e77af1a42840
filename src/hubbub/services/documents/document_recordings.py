"""What documents want recorded, in the words of the recordings' use case.

Owns which recording a document's later verbs mean: the newest that a verb of the same call or room started.
"""

from hubbub.domain.errors import Refusal
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.recording import Recording, RecordingSource, RecordingState
from hubbub.markup.instructions import (
    PauseRecording,
    RecordingControl,
    RecordingWish,
    ResumeRecording,
    StartRecording,
)
from hubbub.services.commands import RecordingCommands, RecordWish


def record_wish(wish: RecordingWish, dialect: str) -> RecordWish:
    """A document's wish as the use case takes it.

    Args:
        dialect: whose words its callbacks are in.
    """
    return RecordWish(
        source=wish.source,
        layout=wish.layout,
        format=wish.format,
        track=wish.track,
        trim_silence=wish.trim_silence,
        silent_is_absent=wish.silent_is_absent,
        name=wish.name,
        tag=wish.tag,
        callbacks=wish.callbacks,
        max_duration_ms=wish.max_duration_ms,
        silence_ms=wish.silence_ms,
        dialect=dialect,
    )


async def control_call(
    commands: RecordingCommands, call_id: CallId, control: RecordingControl, dialect: str
) -> None:
    """Begin, end, pause or resume what a call's document records.

    Raises:
        Refusal: it cannot be begun.
    """
    started = _started(commands, call_id)
    if not isinstance(control, StartRecording):
        await _change(commands, started, control)
    elif started is None:
        await commands.start_call(call_id, record_wish(control.wish, dialect))


async def control_room(
    commands: RecordingCommands, conference_id: ConferenceId, control: RecordingControl, dialect: str
) -> None:
    """As `control_call`, for a document that runs in a room."""
    started = _started(commands, conference_id)
    if not isinstance(control, StartRecording):
        await _change(commands, started, control)
    elif started is None:
        await commands.start_conference(conference_id, record_wish(control.wish, dialect))


def _started(commands: RecordingCommands, subject_id: str) -> Recording | None:
    verbs = [each for each in commands.running(subject_id) if each.source is RecordingSource.START_VERB]
    return verbs[-1] if verbs else None


async def _change(
    commands: RecordingCommands, recording: Recording | None, control: RecordingControl
) -> None:
    """Without a recording, or in a state where it means nothing, the verb has no effect."""
    if recording is None:
        return
    try:
        match control:
            case PauseRecording():
                if recording.state is RecordingState.IN_PROGRESS:
                    await commands.pause(recording.id, skip=control.skip)
            case ResumeRecording():
                if recording.state is RecordingState.PAUSED:
                    await commands.resume(recording.id)
            case _:
                await commands.stop(recording.id)
    except Refusal:
        # It ended this very moment.
        return
