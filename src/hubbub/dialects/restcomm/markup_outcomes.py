"""What an `action` is told of the verb that is over, beside the call's own parameters.

Restcomm Connect user guide, "RCML Gather", "Dial", "Record".
"""

from hubbub.dialects.restcomm.ids import call_sid
from hubbub.dialects.shared.query import Pairs
from hubbub.domain.recording import Recording
from hubbub.markup.language import MarkupCall
from hubbub.markup.outcomes import Collected, Connected, MessageTaken, Outcome, Stayed

API_PATH = "/restcomm/2012-04-24"


def outcome_parameters(outcome: Outcome, call: MarkupCall) -> Pairs:
    """The parameters, in the order of the manual."""
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
    parameters: Pairs = [("Digits", outcome.digits)]
    if outcome.gather is not None and outcome.gather.takes_speech:
        parameters.append(("SpeechResult", ""))
    return parameters


def _of_dial(outcome: Connected, call: MarkupCall) -> Pairs:
    parameters: Pairs = [("DialCallStatus", str(outcome.status))]
    if outcome.leg is not None:
        parameters.append(("DialCallSid", call_sid(outcome.leg)))
    parameters.append(("DialCallDuration", str(outcome.duration_ms // 1000)))
    parameters.append(("DialRingDuration", str(outcome.ringing_ms // 1000)))
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
    url = f"{call.base_url}{API_PATH}/Accounts/AC{recording.account_id}/Recordings/RE{recording.id}.wav"
    return [("RecordingUrl", url), ("PublicRecordingUrl", url)]
