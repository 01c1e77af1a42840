"""`<Conference>`: the room to join.

https://www.twilio.com/docs/voice/twiml/conference.
"""

from dataclasses import replace
from typing import Final

from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio.callback_words import CONFERENCE, RECORD_END, split_words, wish
from hubbub.dialects.twilio.markup_attributes import Reading
from hubbub.dialects.twilio.markup_recording import read_recording_wish
from hubbub.domain.conference import LABEL_LENGTH_MAX, NAME_LENGTH_MAX, Beep
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.recording import RecordingSource
from hubbub.markup.instructions import (
    JitterSize,
    JoinConference,
    RecordingWish,
    Skip,
    WaitKind,
    WaitMusic,
)
from hubbub.markup.xml_document import Element

EVENT_WORDS: Final = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
REGIONS: Final = ("us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1")
PARTICIPANTS_MAX: Final = 250
SCHEMA: Final = "12200"

_BEEPS: Final = {
    "true": Beep.BOTH,
    "false": Beep.NONE,
    "onEnter": Beep.ON_ENTER,
    "onExit": Beep.ON_EXIT,
}


def read_conference(element: Element, reading: Reading) -> JoinConference | Skip:
    name = element.text
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        return Skip("13237", f"line {element.line}: a conference name has 1 to {NAME_LENGTH_MAX} characters")
    label = element.attributes.get("participantLabel", "").strip() or None
    if label is not None and not is_label(label):
        return Skip("16023", f"line {element.line}: participantLabel {label[:80]!r} is not usable")
    coach = element.attributes.get("coach", "").strip()
    coached = read_sid("CA", coach) if coach else None
    if coach and coached is None:
        return Skip("13240", f"line {element.line}: coach {coach[:80]!r} is no call in the conference")
    conference_id = read_sid("CF", name)
    events = reading.target(element, "statusCallback", "statusCallbackMethod", "11100", SCHEMA)
    return JoinConference(
        name="" if conference_id else name,
        conference_id=ConferenceId(conference_id) if conference_id else None,
        muted=reading.boolean(element, "muted", False, "13230"),
        coached=(CallId(coached),) if coached else (),
        coached_must_be_present=True,
        start_on_enter=reading.boolean(element, "startConferenceOnEnter", True, "13232"),
        end_on_exit=reading.boolean(element, "endConferenceOnExit", False, "13231"),
        label=label,
        beep=_BEEPS[reading.choice(element, "beep", tuple(_BEEPS), "true", "13235")],
        max_participants=reading.number(
            element, "maxParticipants", PARTICIPANTS_MAX, SCHEMA, minimum=1, maximum=PARTICIPANTS_MAX
        ),
        events=events,
        callbacks=wish(CONFERENCE, events, _event_words(element, reading)),
        recording=_read_recording(element, reading),
        region=_optional_choice(element, reading, "region", REGIONS),
        jitter=JitterSize(
            reading.choice(element, "jitterBufferSize", tuple(JitterSize), JitterSize.LARGE, SCHEMA)
        ),
        wait=_wait_music(element, reading),
    )


def is_label(label: str) -> bool:
    """Whether a participant may be called so: it must not read as a call's id, nor break a path."""
    return (
        len(label) <= LABEL_LENGTH_MAX
        and read_sid("CA", label) is None
        and not any(ch == "/" or ch < " " or ch == "\x7f" for ch in label)
        and "%2f" not in label.lower()
    )


def _wait_music(element: Element, reading: Reading) -> WaitMusic:
    text = element.attributes.get("waitUrl")
    if text is None:
        return WaitMusic()
    if not text.strip():
        return WaitMusic(WaitKind.SILENCE)
    target = reading.target(element, "waitUrl", "waitMethod", "13233", "13234")
    return WaitMusic(WaitKind.URL, target) if target else WaitMusic()


def _event_words(element: Element, reading: Reading) -> tuple[str, ...]:
    text = element.attributes.get("statusCallbackEvent", "")
    words = split_words(text)
    unknown = [word for word in words if word not in EVENT_WORDS]
    if unknown:
        reading.warn(SCHEMA, f"statusCallbackEvent knows no {unknown[0][:80]!r}")
    return tuple(word for word in EVENT_WORDS if word in words)


def _optional_choice(element: Element, reading: Reading, name: str, choices: tuple[str, ...]) -> str | None:
    return reading.choice(element, name, choices, "", SCHEMA) or None


def _read_recording(element: Element, reading: Reading) -> RecordingWish | None:
    """The room's recording. The old `eventCallbackUrl` is told of it where no newer callback is named."""
    kind = reading.choice(
        element, "record", ("do-not-record", "record-from-start", "true", "false"), "do-not-record", SCHEMA
    )
    recording = read_recording_wish(element, reading, RecordingSource.CONFERENCE, trim_code="13239")
    if kind in ("do-not-record", "false"):
        return None
    if recording.callbacks:
        return recording
    old = reading.target(element, "eventCallbackUrl", "", "11100", SCHEMA)
    return replace(recording, callbacks=wish(RECORD_END, old, ("completed",)))
