"""Which of our events each word of Restcomm's `statusCallbackEvent` stands for.

Owns the wishes that RCML nouns and the API make. Leaves the wording to `callbacks`. Restcomm has callbacks
for the progress of calls alone: none for conferences.

Restcomm Connect user guide, "RCML Number" and "Making calls".
"""

import re
from typing import Final

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.events import EventKind

CALL: Final = "call"

CALL_EVENTS: Final[dict[str, frozenset[EventKind]]] = {
    "initiated": frozenset({EventKind.CALL_PLACED}),
    "ringing": frozenset({EventKind.CALL_RANG}),
    "answered": frozenset({EventKind.CALL_ANSWERED}),
    "completed": frozenset({EventKind.CALL_ENDED}),
}

_SEPARATORS: Final = re.compile(r"[\s,]+")


def split_words(text: str) -> tuple[str, ...]:
    """The words of a list of events: the manual parts them by blanks, the released source by commas."""
    return tuple(word for word in _SEPARATORS.split(text.lower()) if word)


def wish(target: WebTarget | None, words: tuple[str, ...] = ()) -> tuple[SubscriptionWish, ...]:
    """The wish to be told of a call's progress; none without a URL.

    Args:
        words: without one that is known all four are wanted, as the released source has it.
    """
    if target is None:
        return ()
    known = [CALL_EVENTS[word] for word in words if word in CALL_EVENTS]
    kinds = frozenset[EventKind]().union(*(known or CALL_EVENTS.values()))
    return (SubscriptionWish(CALL, kinds, target),)
