"""What an `action` is told of the verb that is over, beside the call's own parameters.

https://www.twilio.com/docs/voice/twiml/gather#action.
"""

from hubbub.dialects.shared.query import Pairs
from hubbub.markup.effects import Collected, Outcome


def outcome_parameters(outcome: Outcome) -> Pairs:
    """The parameters, in the order of Twilio's pages."""
    return _of_gather(outcome)


def _of_gather(outcome: Collected) -> Pairs:
    parameters: Pairs = []
    if outcome.gather is None or outcome.gather.takes_digits:
        parameters.append(("Digits", outcome.digits))
        parameters.append(("FinishedOnKey", outcome.finish_key))
    if outcome.gather is not None and outcome.gather.takes_speech and not outcome.digits:
        parameters.append(("SpeechResult", ""))
        parameters.append(("Confidence", "0.0"))
    return parameters
