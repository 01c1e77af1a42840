"""`<Record>`, `<Start><Recording>`, and what other verbs say of recording.

https://www.twilio.com/docs/voice/twiml/record and /recording. Nothing is transcribed: the attributes that ask
for it are accepted.
"""

from typing import Final

from hubbub.dialects.twilio.callback_words import (
    RECORDING,
    RECORDING_DEFAULT,
    RECORDING_EVENTS,
    split_words,
    wish,
)
from hubbub.dialects.twilio.markup_attributes import Reading
from hubbub.domain.application import WebTarget
from hubbub.domain.recording import Layout, RecordingSource
from hubbub.markup.instructions import (
    Instruction,
    Record,
    RecordingWish,
    StartRecording,
    StopRecording,
    Unsupported,
)
from hubbub.markup.xml_document import Element

SCHEMA: Final = "12200"
FINISH_KEYS: Final = "1234567890*#"
LENGTH_MAX_S: Final = 14_400
_TRIMS: Final = ("trim-silence", "do-not-trim", "true", "false")
_TRACKS: Final = ("both", "inbound", "outbound", "inbound_track", "outbound_track", "both_tracks")


def read_recording_wish(
    element: Element,
    reading: Reading,
    source: RecordingSource,
    *,
    trim_code: str = SCHEMA,
    dual: bool = False,
    trims: str = "trim-silence",
) -> RecordingWish:
    """What an element's attributes say of its recording; `trims` is what holds where it says nothing."""
    trim = reading.choice(element, "trim", _TRIMS, trims, trim_code) in ("trim-silence", "true")
    target = reading.target(
        element, "recordingStatusCallback", "recordingStatusCallbackMethod", "11100", SCHEMA
    )
    words = split_words(element.attributes.get("recordingStatusCallbackEvent", ""))
    unknown = [word for word in words if word not in RECORDING_EVENTS]
    if unknown:
        reading.warn(SCHEMA, f"recordingStatusCallbackEvent knows no {unknown[0][:80]!r}")
    track_name = "track" if element.name == "Recording" else "recordingTrack"
    track = reading.choice(element, track_name, _TRACKS, "both", SCHEMA)
    return RecordingWish(
        source=source,
        layout=Layout.STEREO if dual else Layout.MONO,
        track=track.removesuffix("_track").removesuffix("_tracks"),
        trim_silence=trim,
        silent_is_absent=trim,
        callbacks=wish(RECORDING, target, words or RECORDING_DEFAULT),
    )


def read_record(element: Element, reading: Reading) -> Record:
    """A message. Its action is the current document where none is named."""
    method = reading.method(element, "method", "POST", "13610")
    action = reading.target(element, "action", "method", "11100", "13610")
    if action is None and reading.base_url is not None:
        action = WebTarget(reading.base_url, method)
    wanted = read_recording_wish(
        element, reading, RecordingSource.RECORD_VERB, trim_code="13616", trims="do-not-trim"
    )
    silence_s = reading.number(element, "timeout", 5, "13612", minimum=0, maximum=LENGTH_MAX_S)
    length_s = reading.number(element, "maxLength", 3_600, "13611", minimum=1, maximum=LENGTH_MAX_S)
    return Record(
        wish=RecordingWish(
            source=wanted.source,
            track="inbound",
            trim_silence=wanted.trim_silence,
            silent_is_absent=True,
            callbacks=wanted.callbacks,
            max_duration_ms=1000 * length_s,
            silence_ms=1000 * silence_s or None,
        ),
        beep=reading.boolean(element, "playBeep", True, "13615"),
        finish_keys=_finish_keys(element, reading),
        action=action,
        action_on_empty=False,
    )


def _finish_keys(element: Element, reading: Reading) -> str:
    text = element.attributes.get("finishOnKey")
    if text is None:
        return FINISH_KEYS
    keys = text.strip()
    if not set(keys) <= set(FINISH_KEYS):
        reading.warn("13613", f"line {element.line}: finishOnKey={keys[:80]!r} is not of 0-9 * #")
        return FINISH_KEYS
    return keys


def read_start(element: Element, reading: Reading) -> Instruction:
    """`<Start>`: of what it may start this server has the recording."""
    children = element.children
    if [child.name for child in children] != ["Recording"]:
        return Unsupported(f"Start><{children[0].name}" if children else "Start")
    (recording,) = children
    dual = reading.choice(recording, "channels", ("mono", "dual"), "dual", SCHEMA) == "dual"
    return StartRecording(
        read_recording_wish(recording, reading, RecordingSource.START_VERB, dual=dual, trims="do-not-trim")
    )


def read_stop(element: Element, reading: Reading) -> Instruction:
    children = element.children
    if [child.name for child in children] != ["Recording"]:
        return Unsupported(f"Stop><{children[0].name}" if children else "Stop")
    return StopRecording()
