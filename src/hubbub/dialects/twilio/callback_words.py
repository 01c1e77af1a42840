"""Which of Twilio's status callbacks a subscription is for, and which of our events each word stands for.

Owns the wishes that TwiML attributes and API parameters make. Leaves the wording to `callbacks`.

https://www.twilio.com/docs/voice/twiml/conference#attributes-statusCallbackEvent,
https://www.twilio.com/docs/voice/api/call-resource#statuscallbackevent and
https://www.twilio.com/docs/voice/api/recording#recordingstatuscallback.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.events import EventKind

CONFERENCE: Final = "conference"
"""`statusCallback` of a `<Conference>`, `ConferenceStatusCallback` of a participant that is added."""
CALL: Final = "call"
"""`StatusCallback` of a call, `statusCallback` of a `<Number>`, `<Sip>` or `<Client>`."""
RECORDING: Final = "recording"
"""`recordingStatusCallback` of a call's or a conference's recording."""
RECORD_END: Final = "conference-record-end"
"""The old `eventCallbackUrl` of a `<Conference>`."""

CONFERENCE_EVENTS: Final[dict[str, frozenset[EventKind]]] = {
    "start": frozenset({EventKind.CONFERENCE_STARTED}),
    "end": frozenset({EventKind.CONFERENCE_ENDED}),
    "join": frozenset({EventKind.PARTICIPANT_JOINED}),
    "leave": frozenset({EventKind.PARTICIPANT_LEFT}),
    "mute": frozenset({EventKind.PARTICIPANT_MUTED, EventKind.PARTICIPANT_UNMUTED}),
    "hold": frozenset({EventKind.PARTICIPANT_HELD, EventKind.PARTICIPANT_UNHELD}),
    "modify": frozenset({EventKind.PARTICIPANT_MODIFIED}),
    "speaker": frozenset({EventKind.SPEECH_STARTED, EventKind.SPEECH_STOPPED}),
    "announcement": frozenset({EventKind.ANNOUNCEMENT_ENDED, EventKind.ANNOUNCEMENT_FAILED}),
}
CALL_EVENTS: Final[dict[str, frozenset[EventKind]]] = {
    "initiated": frozenset({EventKind.CALL_PLACED}),
    "ringing": frozenset({EventKind.CALL_RANG}),
    "answered": frozenset({EventKind.CALL_ANSWERED}),
    "completed": frozenset({EventKind.CALL_ENDED}),
}
CALL_DEFAULT: Final = ("completed",)
RECORDING_EVENTS: Final[dict[str, frozenset[EventKind]]] = {
    "started": frozenset({EventKind.RECORDING_STARTED}),
    "in-progress": frozenset({EventKind.RECORDING_STARTED}),
    "paused": frozenset({EventKind.RECORDING_PAUSED}),
    "resumed": frozenset({EventKind.RECORDING_RESUMED}),
    "stopped": frozenset({EventKind.RECORDING_STOPPED}),
    "completed": frozenset({EventKind.RECORDING_COMPLETED}),
    "failed": frozenset({EventKind.RECORDING_FAILED}),
    # Twilio's own customers have no other word for a recording that they will not get.
    "absent": frozenset({EventKind.RECORDING_ABSENT, EventKind.RECORDING_FAILED}),
}
RECORDING_DEFAULT: Final = ("completed",)
WORDS: Final[dict[str, Mapping[str, frozenset[EventKind]]]] = {
    CONFERENCE: CONFERENCE_EVENTS,
    CALL: CALL_EVENTS,
    RECORDING: RECORDING_EVENTS,
    RECORD_END: {"completed": frozenset({EventKind.RECORDING_COMPLETED})},
}

_SEPARATORS: Final = re.compile(r"[\s,\[\]'\"]+")


def split_words(text: str) -> tuple[str, ...]:
    """The words of a list of events. Libraries that are handed a list write it as Python or JSON prints one."""
    return tuple(word for word in _SEPARATORS.split(text) if word)


def wish(
    purpose: str,
    target: WebTarget | None,
    words: Iterable[str],
    details: tuple[tuple[str, str], ...] = (),
) -> tuple[SubscriptionWish, ...]:
    """The wish for one purpose; none without a URL or without a word that Twilio has for it."""
    known = WORDS[purpose]
    kinds: frozenset[EventKind] = frozenset()
    for word in words:
        kinds |= known.get(word, frozenset())
    if target is None or not kinds:
        return ()
    return (SubscriptionWish(purpose, kinds, target, details=details),)
