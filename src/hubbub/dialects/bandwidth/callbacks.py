"""Bandwidth's webhooks that the log sends: conference events, the end of a call, a recording that is there.

Owns their words and which answers are programs. A conference event may be answered with BXML, which is run in the
room after the documents that wait; everything else is told and its answer not looked at. A key without a value is
left out. Leaves the webhooks that ask for a call's next document to `markup_requests`, and what each subscription
is for to `callback_words`.

Bandwidth docs, "Voice webhooks", "Conference events", "Callback delivery".
"""

from typing import Any, Final

from hubbub.dialects.bandwidth import callback_words
from hubbub.dialects.bandwidth.calls import disconnect_cause
from hubbub.dialects.bandwidth.ids import call_text, conference_text
from hubbub.dialects.bandwidth.markup import BxmlLanguage
from hubbub.dialects.bandwidth.markup_requests import event_body, event_request
from hubbub.dialects.bandwidth.recordings import about
from hubbub.dialects.shared.dates import iso_ms
from hubbub.domain.application import Application
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference, LeaveReason
from hubbub.domain.delivery import Subscription, SubscriptionWish
from hubbub.domain.events import EventKind
from hubbub.domain.recording import Recording
from hubbub.markup.instructions import Document, Setting
from hubbub.markup.language import DocumentRequest, MarkupCall
from hubbub.services.deliveries.callbacks import CallbackContext, RetryPolicy

TIMEOUT_S: Final = 15.0
RETRIES: Final = RetryPolicy(attempts_max=2, delays_ms=(1_000,), on_connect_failure=True)
"""Once more, where no connection was made. What answers badly or late is not asked again."""

EVENT_TYPES: Final[dict[EventKind, str]] = {
    EventKind.CONFERENCE_CREATED: "conferenceCreated",
    EventKind.PARTICIPANT_JOINED: "conferenceMemberJoin",
    EventKind.PARTICIPANT_LEFT: "conferenceMemberExit",
    EventKind.CONFERENCE_ENDED: "conferenceCompleted",
}
_MEMBER_EVENTS: Final = frozenset({EventKind.PARTICIPANT_JOINED, EventKind.PARTICIPANT_LEFT})
_ANSWERED_BY_PROGRAMS: Final = _MEMBER_EVENTS | {EventKind.CONFERENCE_CREATED}


class BandwidthCallbacks:
    """Satisfies `hubbub.services.deliveries.callbacks.CallbackWriter`."""

    name = "bandwidth"

    def __init__(self) -> None:
        self._language = BxmlLanguage()

    def write(self, context: CallbackContext, *, fallback: bool = False) -> DocumentRequest | None:
        subscription = context.subscription
        target = (subscription.fallback if fallback else None) or subscription.target
        event = _event(context)
        return None if event is None else event_request(_without_none(event), target)

    def call_wishes(self, application: Application) -> tuple[SubscriptionWish, ...]:
        return callback_words.wish(callback_words.DISCONNECT, application.status_callback)

    def retry_policy(self, subscription: Subscription) -> RetryPolicy:
        return RETRIES

    def timeout_s(self, subscription: Subscription) -> float:
        return TIMEOUT_S if subscription.timeout_s is None else subscription.timeout_s

    def program(self, context: CallbackContext, url: str, content_type: str, body: bytes) -> Document | None:
        """BXML for the room. What is answered when nobody is left in it has no audience and is not read."""
        if context.subscription.purpose != callback_words.CONFERENCE:
            return None
        conference = context.conference
        if context.entry.event.kind not in _ANSWERED_BY_PROGRAMS or conference is None:
            return None
        if not conference.is_live:
            return None
        return self._language.parse(body, content_type, url, setting=Setting.ROOM)


def _event(context: CallbackContext) -> dict[str, Any] | None:
    call, conference, recording = context.call, context.conference, context.recording
    match context.subscription.purpose:
        case callback_words.CONFERENCE if conference is not None:
            return _conference_event(context, conference)
        case callback_words.DISCONNECT if call is not None:
            sip = {"sipCallId": call.sip_call_id, "sipResponseCode": call.sip_status}
            return _call(context, call, "disconnect") | _end(call) | sip
        case callback_words.DTMF if call is not None:
            return _call(context, call, "dtmf") | {"digit": context.entry.event.data["digit"]}
        case callback_words.TRANSFER_DISCONNECT if call is not None:
            return _call(context, call, "transferDisconnect") | _end(call)
        case callback_words.RECORDING_AVAILABLE if recording is not None and recording.conference_id:
            return None if conference is None else _conference_recording(context, conference, recording)
        case callback_words.RECORDING_AVAILABLE if recording is not None and call is not None:
            return _call_recording(context, call, recording)
        case _:
            return None


def _conference_event(context: CallbackContext, conference: Conference) -> dict[str, Any] | None:
    event = context.entry.event
    said = _conference(context, conference, EVENT_TYPES[event.kind])
    if event.kind in _MEMBER_EVENTS:
        call = context.call
        if call is None or (
            event.data.get("reason") == LeaveReason.ADD_FAILED and call.answered_at_ms is None
        ):
            # It was called for the room and never came in, so nobody was told that it joined.
            return None
        said |= {
            "callId": call_text(call, context.site),
            "from": call.from_address,
            "to": call.to_address,
        }
    return said


def _conference(context: CallbackContext, conference: Conference, event_type: str) -> dict[str, Any]:
    """What all conference events tell; the account is named by that of a recording alone."""
    return {
        "eventType": event_type,
        "eventTime": iso_ms(context.entry.event.occurred_at_ms),
        "conferenceId": conference_text(conference.id, conference.site, context.site),
        "name": conference.name,
        "tag": conference.tag,
    }


def _conference_recording(
    context: CallbackContext, conference: Conference, recording: Recording
) -> dict[str, Any]:
    said = _conference(context, conference, "conferenceRecordingAvailable")
    account_id = context.account.bandwidth_id
    url = f"{context.base_url}/api/v2/accounts/{account_id}/conferences/{said['conferenceId']}"
    return said | {"accountId": account_id} | about(recording, url, context.site)


def _call_recording(context: CallbackContext, call: CallLeg, recording: Recording) -> dict[str, Any]:
    """`startTime` is the recording's here, and the tag the one that the verb gave for this webhook."""
    said = _call(context, call, "recordingAvailable")
    said |= about(recording, str(said["callUrl"]), context.site)
    tag = recording.tag or dict(context.subscription.details).get("tag")
    return said | {"tag": tag or call.tag}


def _call(context: CallbackContext, call: CallLeg, event_type: str) -> dict[str, Any]:
    """What all call events tell; of a leg that a Transfer made also of the call that it was made for."""
    return event_body(
        MarkupCall(
            call,
            context.account,
            base_url=context.base_url,
            site=context.site,
            now_ms=context.entry.event.occurred_at_ms,
            parent=context.parent,
        ),
        event_type,
    )


def _end(call: CallLeg) -> dict[str, Any]:
    return {
        "endTime": None if call.ended_at_ms is None else iso_ms(call.ended_at_ms),
        "cause": disconnect_cause(call),
    }


def _without_none(event: dict[str, Any]) -> dict[str, object]:
    return {name: value for name, value in event.items() if value is not None}


CALLBACKS: Final = BandwidthCallbacks()
"""Found by `dialects.registry`."""
