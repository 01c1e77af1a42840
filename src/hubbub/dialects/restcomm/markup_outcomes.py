"""What an `action` is told of the verb that is over, beside the call's own parameters.

Restcomm Connect user guide, "RCML Gather".
"""

from hubbub.dialects.shared.query import Pairs
from hubbub.markup.effects import Collected, Outcome


def outcome_parameters(outcome: Outcome) -> Pairs:
    """The parameters, in the order of the manual."""
    return _of_gather(outcome)


def _of_gather(outcome: Collected) -> Pairs:
    parameters: Pairs = [("Digits", outcome.digits)]
    if outcome.gather is not None and outcome.gather.takes_speech:
        parameters.append(("SpeechResult", ""))
    return parameters
