"""Twilio's status callbacks: of a conference, of a call, of a recording.

https://www.twilio.com/docs/voice/twiml/conference#attributes-statusCallback-parameters,
https://www.twilio.com/docs/voice/api/call-resource#statuscallback and
https://www.twilio.com/docs/voice/api/recording#recordingstatuscallback. Owns which parameters each tells; leaves
which events a subscription wants to `callback_words`, the signature to `signing` and what a URL's fragment asks of
the connection to `connection_overrides`. Parameters without a value are not sent. Answers are not looked at.

Sequence numbers count what a subscription was told: 1, 2, 3 … of a conference, 0, 1, 2 … of a call, so that a gap
is always a request that is late or lost.
"""

from typing import Any, Final

from hubbub.dialects.shared.dates import rfc2822
from hubbub.dialects.shared.query import Pairs
from hubbub.dialects.twilio import callback_words as words
from hubbub.dialects.twilio.conferences import REASONS
from hubbub.dialects.twilio.connection_overrides import callback_policy, split_fragment
from hubbub.dialects.twilio.ids import call_sid
from hubbub.dialects.twilio.markup_requests import API_VERSION, form_request
from hubbub.dialects.twilio.recordings import SOURCES, duration_text, error_code
from hubbub.domain.application import Application
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import EndReason, LeaveReason
from hubbub.domain.delivery import Subscription, SubscriptionWish
from hubbub.domain.events import EventKind
from hubbub.domain.recording import Recording, RecordingState
from hubbub.markup.instructions import Document
from hubbub.markup.language import DocumentRequest
from hubbub.services.deliveries.callbacks import CallbackContext, RetryPolicy

TIMEOUT_S: Final = 15.0
"""The vendor's hard limit for a whole exchange."""

CONFERENCE_EVENTS: Final[dict[EventKind, str]] = {
    EventKind.CONFERENCE_STARTED: "conference-start",
    EventKind.CONFERENCE_ENDED: "conference-end",
    EventKind.PARTICIPANT_JOINED: "participant-join",
    EventKind.PARTICIPANT_LEFT: "participant-leave",
    EventKind.PARTICIPANT_MUTED: "participant-mute",
    EventKind.PARTICIPANT_UNMUTED: "participant-unmute",
    EventKind.PARTICIPANT_HELD: "participant-hold",
    EventKind.PARTICIPANT_UNHELD: "participant-unhold",
    EventKind.PARTICIPANT_MODIFIED: "participant-modify",
    EventKind.SPEECH_STARTED: "participant-speech-start",
    EventKind.SPEECH_STOPPED: "participant-speech-stop",
    EventKind.ANNOUNCEMENT_ENDED: "announcement-end",
    EventKind.ANNOUNCEMENT_FAILED: "announcement-fail",
}
LEAVE_REASONS: Final = dict.fromkeys(LeaveReason, "conference_ended_via_api") | {
    LeaveReason.HUNG_UP: "participant_hung_up",
    LeaveReason.DIGIT: "participant_hung_up",
    LeaveReason.TIME_LIMIT: "participant_hung_up",
    LeaveReason.KICKED: "participant_updated_via_api",
    LeaveReason.REDIRECTED: "participant_updated_via_api",
    LeaveReason.MODERATOR_ENDED: "moderator_ended_conference",
    LeaveReason.ADD_FAILED: "participant_add_failed",
}
"""The vendor has five reasons. With underscores, where those of a conference have hyphens."""
END_TEXTS: Final = {
    EndReason.ENDED_BY_API: "Conference ended via API",
    EndReason.END_ON_EXIT_LEFT: "Participant with endConferenceOnExit left the conference",
    EndReason.END_ON_EXIT_KICKED: "Participant with endConferenceOnExit was removed via API",
    EndReason.LAST_LEFT: "The last participant left the conference",
    EndReason.LAST_KICKED: "The last participant was removed via API",
    EndReason.AGE_LIMIT: "Conference reached its age limit",
    EndReason.SERVER_STOPPED: "Conference ended because the server was stopped",
    EndReason.SERVER_CRASHED: "Conference ended because the server failed",
    EndReason.SUPERSEDED: "Conference was replaced by another of its name",
}
CALL_STATUSES: Final = {
    EventKind.CALL_QUEUED: "queued",
    EventKind.CALL_PLACED: "initiated",
    EventKind.CALL_RECEIVED: "ringing",
    EventKind.CALL_RANG: "ringing",
    EventKind.CALL_ANSWERED: "in-progress",
}
SIP_STATUSES: Final = {"completed": 200, "canceled": 487}
"""The final answer to an INVITE (RFC 3261 §21), where how the call ended tells no other."""
RECORDED: Final = frozenset(RecordingState) - {
    RecordingState.ABSENT,
    RecordingState.FAILED,
    RecordingState.DELETED,
}
"""There is, or will be, something to hear."""
RECORDING_STATUSES: Final = {
    EventKind.RECORDING_STARTED: "in-progress",
    EventKind.RECORDING_PAUSED: "paused",
    EventKind.RECORDING_RESUMED: "in-progress",
    EventKind.RECORDING_STOPPED: "stopped",
    EventKind.RECORDING_COMPLETED: "completed",
    EventKind.RECORDING_ABSENT: "absent",
    EventKind.RECORDING_FAILED: "failed",
}


class TwilioCallbacks:
    """Satisfies `hubbub.services.deliveries.callbacks.CallbackWriter`."""

    name = "twilio"

    def write(self, context: CallbackContext, *, fallback: bool = False) -> DocumentRequest | None:
        subscription = context.subscription
        parameters = _parameters(context)
        if parameters is None:
            return None
        target = (subscription.fallback if fallback else None) or subscription.target
        headers = [("I-Twilio-Idempotency-Token", context.delivery.token)]
        return form_request(context.signing_secret, parameters, target, headers)

    def call_wishes(self, application: Application) -> tuple[SubscriptionWish, ...]:
        return words.wish(words.CALL, application.status_callback, words.CALL_DEFAULT)

    def retry_policy(self, subscription: Subscription) -> RetryPolicy:
        return callback_policy(split_fragment(subscription.target.url)[1])

    def timeout_s(self, subscription: Subscription) -> float:
        rules = split_fragment(subscription.target.url)[1]
        asked = None if rules is None else rules.total_timeout_s
        return asked or subscription.timeout_s or TIMEOUT_S

    def program(self, context: CallbackContext, url: str, content_type: str, body: bytes) -> Document | None:
        return None


def _parameters(context: CallbackContext) -> Pairs | None:
    match context.subscription.purpose:
        case words.CONFERENCE:
            return _conference(context)
        case words.CALL if context.call is not None:
            return _call(context, context.call)
        case words.RECORDING if context.recording is not None:
            return _recording(context, context.recording)
        case words.RECORD_END if context.recording is not None:
            return _record_end(context, context.recording)
        case _:
            return None


def _conference(context: CallbackContext) -> Pairs | None:
    event = context.entry.event
    word = CONFERENCE_EVENTS.get(event.kind)
    conference = context.conference
    if word is None or conference is None:
        return None
    data = event.data
    said = [
        ("AccountSid", "AC" + event.account_id),
        ("ConferenceSid", "CF" + conference.id),
        ("FriendlyName", conference.name),
        ("SequenceNumber", str(context.delivery.sequence + 1)),
        ("Timestamp", rfc2822(event.occurred_at_ms)),
        ("StatusCallbackEvent", word),
    ]
    if event.kind is EventKind.CONFERENCE_ENDED:
        return said + _end(data, context.call)
    if event.call_id is not None:
        said += _participant(data, _sid(event.call_id, context.call))
    if event.kind is EventKind.PARTICIPANT_LEFT:
        said.append(("ParticipantCallStatus", str(data["call_status"])))
        said.append(("ReasonParticipantLeft", LEAVE_REASONS[LeaveReason(data["reason"])]))
    if event.kind in (EventKind.ANNOUNCEMENT_ENDED, EventKind.ANNOUNCEMENT_FAILED):
        said += _given(("AnnounceUrl", data.get("url")), ("ReasonAnnouncementFailed", data.get("why")))
    return said


def _end(data: dict[str, Any], call: CallLeg | None) -> Pairs:
    reason = EndReason(data["reason"])
    said = [("ReasonConferenceEnded", REASONS[reason]), ("Reason", END_TEXTS[reason])]
    if data.get("call_ending") is not None:
        said.append(("CallSidEndingConference", _sid(data["call_ending"], call)))
    return said + _given(("ParticipantLabelEndingConference", data.get("label_ending")))


def _participant(data: dict[str, Any], sid: str) -> Pairs:
    coached = data.get("coached") or []
    return [
        ("CallSid", sid),
        ("Muted", _flag(data.get("muted"))),
        ("Hold", _flag(data.get("held"))),
        ("Coaching", _flag(data.get("coaching"))),
        ("EndConferenceOnExit", _flag(data.get("end_on_exit"))),
        ("StartConferenceOnEnter", _flag(data.get("start_on_enter"))),
        *_given(
            ("ParticipantLabel", data.get("label")),
            ("CallSidToCoach", "CA" + coached[0] if coached else None),
        ),
    ]


def _call(context: CallbackContext, call: CallLeg) -> Pairs | None:
    event = context.entry.event
    ended = event.kind is EventKind.CALL_ENDED
    status = str(event.data["status"]) if ended else CALL_STATUSES.get(event.kind)
    if status is None:
        return None
    said = [
        ("CallSid", call_sid(call)),
        ("AccountSid", "AC" + call.account_id),
        ("From", call.from_address),
        ("To", call.to_address),
        ("Caller", call.from_address),
        ("Called", call.to_address),
        ("CallStatus", status),
        ("ApiVersion", API_VERSION),
        ("Direction", str(call.direction)),
        ("Timestamp", rfc2822(event.occurred_at_ms)),
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", str(context.delivery.sequence)),
    ]
    said += _given(("ForwardedFrom", call.forwarded_from), ("CallerName", call.caller_name))
    if call.parent_id is not None:
        said.append(("ParentCallSid", "CA" + call.parent_id))
    if ended:
        seconds = call.duration_s or 0
        said.append(("CallDuration", str(seconds)))
        if status == "completed":
            said.append(("Duration", str(-(-seconds // 60))))
        sip_status = event.data.get("sip_status") or SIP_STATUSES.get(status)
        said += _given(("SipResponseCode", None if sip_status is None else str(sip_status)))
        said += _recorded(context, context.call_recording)
    return said


def _recorded(context: CallbackContext, recording: Recording | None) -> Pairs:
    """What was recorded of a call by the request that made it; how long it is only where it is finished."""
    if recording is None or recording.state not in RECORDED:
        return []
    return [
        ("RecordingUrl", _url(context, recording)),
        ("RecordingSid", "RE" + recording.id),
        *_given(("RecordingDuration", duration_text(recording))),
    ]


def _recording(context: CallbackContext, recording: Recording) -> Pairs | None:
    event = context.entry.event
    status = RECORDING_STATUSES.get(event.kind)
    if status is None:
        return None
    said = [("AccountSid", "AC" + recording.account_id)]
    if recording.conference_id is not None:
        said.append(("ConferenceSid", "CF" + recording.conference_id))
    elif recording.call_id is not None:
        said.append(("CallSid", _sid(recording.call_id, context.call)))
        said.append(("RecordingTrack", recording.track))
    said += [
        ("RecordingSid", "RE" + recording.id),
        ("RecordingUrl", _url(context, recording)),
        ("RecordingStatus", status),
        ("RecordingChannels", str(recording.channels)),
        ("RecordingSource", SOURCES[recording.source]),
    ]
    began_ms = recording.created_at_ms if recording.started_at_ms is None else recording.started_at_ms
    said.append(("RecordingStartTime", rfc2822(began_ms)))
    code = error_code(recording)
    return said + _given(
        ("RecordingDuration", duration_text(recording) if status == "completed" else None),
        ("ErrorCode", None if code is None else str(code)),
    )


def _record_end(context: CallbackContext, recording: Recording) -> Pairs | None:
    """The older callback, of a conference's recording that is finished."""
    if recording.conference_id is None:
        return None
    return [
        ("AccountSid", "AC" + recording.account_id),
        ("ConferenceSid", "CF" + recording.conference_id),
        *_given(("FriendlyName", None if context.conference is None else context.conference.name)),
        ("EventName", "conference-record-end"),
        ("RecordingSid", "RE" + recording.id),
        ("RecordingUrl", _url(context, recording)),
        ("Timestamp", rfc2822(context.entry.event.occurred_at_ms)),
        *_given(
            ("Duration", duration_text(recording)),
            (
                "RecordingFileSize",
                None if recording.size_bytes is None else str(recording.size_bytes),
            ),
        ),
    ]


def _url(context: CallbackContext, recording: Recording) -> str:
    """Where the sound is; without a suffix."""
    return f"{context.base_url}/{API_VERSION}/Accounts/AC{recording.account_id}/Recordings/RE{recording.id}"


def _sid(call_id: str, call: CallLeg | None) -> str:
    return call_sid(call) if call is not None and call.id == call_id else "CA" + call_id


def _flag(value: object) -> str:
    return "true" if value else "false"


def _given(*pairs: tuple[str, Any]) -> Pairs:
    """Those that have a value."""
    return [(name, str(value)) for name, value in pairs if value is not None]


CALLBACKS: Final = TwilioCallbacks()
"""Found by `dialects.registry`."""
