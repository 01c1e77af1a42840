"""What an `action` is told of the verb that is over, beside the call's own parameters.

https://www.twilio.com/docs/voice/twiml/gather#action, /dial#action and /record#action.
"""

from hubbub.dialects.shared.query import Pairs
from hubbub.dialects.twilio.ids import call_sid
from hubbub.domain.recording import Recording
from hubbub.markup.language import MarkupCall
from hubbub.markup.outcomes import Collected, Connected, MessageTaken, Outcome, Stayed

API_VERSION = "2010-04-01"


def outcome_parameters(outcome: Outcome, call: MarkupCall) -> Pairs:
    """The parameters, in the order of Twilio's pages."""
    match outcome:
        case Collected():
            return _of_gather(outcome)
        case Connected():
            return _of_dial(outcome, call)
        case MessageTaken():
            return _of_record(outcome, call)
        case Stayed():
            return _recording(outcome.recording, call)


def _of_gather(outcome: Collected) -> Pairs:
    parameters: Pairs = []
    if outcome.gather is None or outcome.gather.takes_digits:
        parameters.append(("Digits", outcome.digits))
        parameters.append(("FinishedOnKey", outcome.finish_key))
    if outcome.gather is not None and outcome.gather.takes_speech and not outcome.digits:
        parameters.append(("SpeechResult", ""))
        parameters.append(("Confidence", "0.0"))
    return parameters


def _of_dial(outcome: Connected, call: MarkupCall) -> Pairs:
    parameters = [("DialCallStatus", str(outcome.status))]
    if outcome.leg is not None:
        parameters.append(("DialCallSid", call_sid(outcome.leg)))
    if outcome.bridged:
        parameters.append(("DialCallDuration", str(outcome.duration_ms // 1000)))
    parameters.append(("DialBridged", "true" if outcome.bridged else "false"))
    if outcome.recording is not None:
        parameters += _recording(outcome.recording, call)
    return parameters


def _of_record(outcome: MessageTaken, call: MarkupCall) -> Pairs:
    parameters: Pairs = []
    if outcome.recording is not None:
        parameters += _recording(outcome.recording, call)
        seconds = (outcome.recording.duration_ms or 0) // 1000
        parameters.append(("RecordingDuration", str(seconds)))
    parameters.append(("Digits", "hangup" if outcome.caller_left else outcome.digit))
    return parameters


def _recording(recording: Recording, call: MarkupCall) -> Pairs:
    path = f"/{API_VERSION}/Accounts/AC{recording.account_id}/Recordings/RE{recording.id}"
    return [("RecordingUrl", call.base_url + path), ("RecordingSid", "RE" + recording.id)]
