"""`<Record>`, `<StartRecording>` and the verbs that change what is recorded.

Bandwidth Voice API, "Record" and "Start Recording". Nothing is transcribed: the attributes that ask for it are
accepted.
"""

from typing import Final

from hubbub.dialects.bandwidth.callback_words import RECORDING_AVAILABLE, wish
from hubbub.dialects.bandwidth.markup_attributes import BxmlElement
from hubbub.domain.errors import InvalidValue
from hubbub.domain.recording import AudioFormat, Layout, RecordingSource
from hubbub.markup.instructions import Instruction, Record, RecordingWish, StartRecording

NAME_LENGTH_MAX: Final = 256
FINISH_KEYS: Final = frozenset("0123456789*#ABCD")


def read_record(element: BxmlElement) -> list[Instruction]:
    """A message. Without a `recordCompleteUrl` the next verb runs."""
    silence_ms = element.milliseconds("silenceTimeout", 0.0, minimum=0.0, maximum=10_800.0)
    keys = element.raw("terminatingDigits")
    keys = "#" if keys is None else keys.upper()
    if not set(keys) <= FINISH_KEYS:
        raise InvalidValue("terminatingDigits", f"line {element.line}: terminatingDigits are of 0-9 * # A-D")
    return element.tagged(
        Record(
            wish=_wish(
                element,
                RecordingSource.RECORD_VERB,
                track="inbound",
                max_duration_ms=element.milliseconds("maxDuration", 60.0, minimum=1.0, maximum=10_800.0),
                silence_ms=silence_ms or None,
            ),
            beep=False,
            finish_keys=keys,
            action=element.target("recordCompleteUrl", "recordCompleteMethod", "username", "password"),
            action_fallback=element.target(
                "recordCompleteFallbackUrl",
                "recordCompleteFallbackMethod",
                "fallbackUsername",
                "fallbackPassword",
            ),
        )
    )


def read_start_recording(element: BxmlElement, *, in_room: bool) -> list[Instruction]:
    """Record from now on. In a conference `multiChannel` and `tag` have no effect."""
    stereo = element.boolean("multiChannel", False) and not in_room
    layout = Layout.STEREO if stereo else Layout.MONO
    start = StartRecording(_wish(element, RecordingSource.START_VERB, layout=layout))
    return [start] if in_room else element.tagged(start)


def _wish(
    element: BxmlElement,
    source: RecordingSource,
    *,
    layout: Layout = Layout.MONO,
    track: str = "both",
    max_duration_ms: int | None = None,
    silence_ms: int | None = None,
) -> RecordingWish:
    kind = (element.value("fileFormat") or "wav").lower()
    if kind not in ("wav", "mp3"):
        raise InvalidValue("fileFormat", f"line {element.line}: fileFormat is wav or mp3")
    name = element.value("recordingName")
    if name is not None and len(name) > NAME_LENGTH_MAX:
        raise InvalidValue("recordingName", f"line {element.line}: over {NAME_LENGTH_MAX} characters")
    target = element.target("recordingAvailableUrl", "recordingAvailableMethod", "username", "password")
    return RecordingWish(
        source=source,
        layout=layout,
        format=AudioFormat(kind),
        track=track,
        name=name,
        callbacks=wish(RECORDING_AVAILABLE, target),
        max_duration_ms=max_duration_ms,
        silence_ms=silence_ms,
    )
