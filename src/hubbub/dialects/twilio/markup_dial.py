"""`<Dial>` around a `<Conference>`.

https://www.twilio.com/docs/voice/twiml/dial and https://www.twilio.com/docs/voice/twiml/conference.
`callerId` and `timeout` have no effect on a conference and are not looked at. Dialling numbers, clients and
SIP addresses, and recording, are not part of this server yet: the first ends the call in Twilio's way, the
second is a warning.
"""

import re
from dataclasses import replace
from typing import Final

from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio.markup_attributes import Reading
from hubbub.domain.conference import LABEL_LENGTH_MAX, NAME_LENGTH_MAX, Beep
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.markup.instructions import (
    Instruction,
    JitterSize,
    JoinConference,
    Skip,
    Unsupported,
    WaitKind,
    WaitMusic,
)
from hubbub.markup.xml_document import Element

EVENT_WORDS: Final = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
REGIONS: Final = ("us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1")
PARTICIPANTS_MAX: Final = 250
TIME_LIMIT_S: Final = 14_400
SCHEMA: Final = "12200"

_BEEPS: Final = {
    "true": Beep.BOTH,
    "false": Beep.NONE,
    "onEnter": Beep.ON_ENTER,
    "onExit": Beep.ON_EXIT,
}
_WORD_SEPARATORS: Final = re.compile(r"[\s,\[\]'\"]+")
"""Libraries that are handed a list write it as Python or JSON prints one."""


def read_dial(element: Element, reading: Reading) -> Instruction:
    """The room to join, or what is wrong with the wish."""
    action = reading.target(element, "action", "method", "11100", "13210")
    conferences = [child for child in element.children if child.name == "Conference"]
    others = [child for child in element.children if child.name != "Conference"]
    if not conferences:
        if others or element.text:
            return Unsupported("Dial" if not others else f"Dial><{others[0].name}")
        return Skip(SCHEMA, f"line {element.line}: <Dial> has nothing to dial", action)
    if len(conferences) > 1 or others or element.text:
        return Skip("13000", f"line {element.line}: <Conference> stands alone in its <Dial>", action)
    if element.attributes.get("record", "do-not-record") not in ("do-not-record", "false", ""):
        reading.warn(SCHEMA, "<Dial record> has no effect: this server records no calls yet")
    conference = conferences[0]
    wish = _read_conference(conference, reading)
    if isinstance(wish, Skip):
        return Skip(wish.code, wish.message, action)
    return replace(
        wish,
        action=action,
        leave_on_star=reading.boolean(element, "hangupOnStar", False, "13213"),
        time_limit_ms=1000
        * reading.number(element, "timeLimit", TIME_LIMIT_S, SCHEMA, minimum=1, maximum=86_400),
    )


def _read_conference(element: Element, reading: Reading) -> JoinConference | Skip:
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
    if element.attributes.get("record", "do-not-record") not in ("do-not-record", "false", ""):
        reading.warn(SCHEMA, "<Conference record> has no effect: this server records no conferences yet")
    reading.choice(element, "trim", ("trim-silence", "do-not-trim", "true", "false"), "trim-silence", "13239")
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
        events=reading.target(element, "statusCallback", "statusCallbackMethod", "11100", SCHEMA),
        event_words=_event_words(element, reading),
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
    words = [word for word in _WORD_SEPARATORS.split(text) if word]
    unknown = [word for word in words if word not in EVENT_WORDS]
    if unknown:
        reading.warn(SCHEMA, f"statusCallbackEvent knows no {unknown[0][:80]!r}")
    return tuple(word for word in EVENT_WORDS if word in words)


def _optional_choice(element: Element, reading: Reading, name: str, choices: tuple[str, ...]) -> str | None:
    return reading.choice(element, name, choices, "", SCHEMA) or None
