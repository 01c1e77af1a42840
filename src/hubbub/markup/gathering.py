"""Instructions that listen to the keys of a caller.

Owns their data. `instructions` names them with all others; the listening is for `services.documents.gather_digits`.
"""

from dataclasses import dataclass

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.markup.sounds import Pause, Play, Say

Prompt = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Take digits, while prompts sound or after them.

    A digit cuts the prompts short. What was pressed since the last instruction that took digits counts too.
    """

    prompts: tuple[Prompt, ...] = ()
    repeat: int = 1
    """How often the prompts sound, and are waited after, while nobody presses a key."""
    digits_max: int | None = None
    """So many are enough; None: a finishing key or silence ends it."""
    finish_keys: str = "#"
    """Any of them ends it and is not among the digits; empty: none does."""
    start_keys: str | None = None
    """Only these begin the input, and others are dropped until then; None: every key does."""
    first_timeout_ms: int = 5_000
    """From the end of the prompts to the first digit."""
    next_timeout_ms: int = 5_000
    """From one digit to the next."""
    takes_digits: bool = True
    """False: it listens to speech alone, which this server does not understand: it waits and has nothing."""
    takes_speech: bool = False
    action: WebTarget | None = None
    """Asked for the next document; None: digits are dropped and the next instruction runs."""
    action_fallback: WebTarget | None = None
    action_on_empty: bool = False
    """The action is asked also when there were no digits; False: the next instruction runs."""


@dataclass(frozen=True, slots=True)
class ReportDigits:
    """Tell of each digit from now on, whatever the call does, except while it gathers."""

    callbacks: tuple[SubscriptionWish, ...]
    """Empty: tell no more."""
