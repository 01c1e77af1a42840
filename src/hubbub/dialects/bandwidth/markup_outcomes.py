"""The keys of the webhooks that end a verb, beyond those that all events of a call have.

Bandwidth Voice API, "Webhooks": gather, transferComplete, bridgeComplete, bridgeTargetComplete, recordComplete.
"""

from typing import Final

from hubbub.dialects.bandwidth.recordings import about
from hubbub.domain.call import CallStatus
from hubbub.markup.outcomes import Collected, Connected, MessageTaken, Outcome, Stayed

_CAUSES: Final[dict[CallStatus, str]] = {
    CallStatus.COMPLETED: "hangup",
    CallStatus.BUSY: "busy",
    CallStatus.NO_ANSWER: "timeout",
    CallStatus.CANCELED: "cancel",
}
_RECORD_KEYS: Final = (
    "recordingId",
    "mediaUrl",
    "startTime",
    "endTime",
    "duration",
    "fileFormat",
    "channels",
)


def outcome_keys(outcome: Outcome, call_url: str, site: str) -> dict[str, object]:
    """The keys.

    Args:
        call_url: of the call that the event is about.
        site: this server's own, which ids carry.
    """
    match outcome:
        case Collected():
            return {"digits": outcome.digits, "terminatingDigit": outcome.finish_key}
        case Connected():
            return _of_connection(outcome)
        case MessageTaken():
            return _of_message(outcome, call_url, site)
        case Stayed():
            return {}


def _of_connection(outcome: Connected) -> dict[str, object]:
    keys: dict[str, object] = {"cause": _CAUSES.get(outcome.status, "error")}
    if outcome.leg is not None and outcome.leg.parent_id is not None:
        keys["transferCallerId"] = outcome.leg.from_address
        keys["transferTo"] = outcome.leg.to_address
    return keys


def _of_message(outcome: MessageTaken, call_url: str, site: str) -> dict[str, object]:
    if outcome.recording is None:
        return {}
    told = about(outcome.recording, call_url, site)
    return {name: told[name] for name in _RECORD_KEYS if told.get(name) is not None}
