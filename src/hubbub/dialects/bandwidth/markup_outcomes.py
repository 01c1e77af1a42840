"""The keys of the webhooks that end a verb, beyond those that all events of a call have.

Bandwidth Voice API, "Webhooks": gather.
"""

from hubbub.markup.effects import Collected, Outcome


def outcome_keys(outcome: Outcome) -> dict[str, object]:
    return _of_gather(outcome)


def _of_gather(outcome: Collected) -> dict[str, object]:
    return {"digits": outcome.digits, "terminatingDigit": outcome.finish_key}
