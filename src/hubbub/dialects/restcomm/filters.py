"""Restcomm's list filters: SQL LIKE patterns and lenient dates.

Owns their meaning. `%` stands for any text and `_` for any one character, there is no escape, case counts,
and nothing is implied at either end. Dates are read as `java.text.SimpleDateFormat("yyyy-MM-dd")` does.

Restcomm Connect API guide, "Conferences: list filter", "Calls: list filter".
"""

import re
from datetime import date, timedelta
from typing import Final

from hubbub.dialects.restcomm.errors import refused
from hubbub.dialects.restcomm.ids import is_call_sid
from hubbub.dialects.shared.dates import DAY_MS
from hubbub.dialects.shared.query import Pairs, first
from hubbub.domain.conference import Phase
from hubbub.domain.queries import matches_like

STATUS: Final = {
    Phase.INIT_ABSENT: "RUNNING_MODERATOR_ABSENT",
    Phase.INIT_PRESENT: "RUNNING_MODERATOR_PRESENT",
    Phase.STARTED_ABSENT: "RUNNING_MODERATOR_ABSENT",
    Phase.STARTED_PRESENT: "RUNNING_MODERATOR_PRESENT",
    Phase.COMPLETED: "COMPLETED",
}
"""Restcomm's word for each phase. RUNNING_INITIALIZING, a room without a mixer, is over before it is seen."""

_DATE: Final = re.compile(r"[ \t]*([0-9]{1,6})-([0-9]{1,6})-([0-9]{1,6})")
_EPOCH: Final = date(1970, 1, 1)


def read_status(pairs: Pairs) -> frozenset[Phase] | None:
    """The phases whose word matches `Status`; None where it was not sent. An empty one matches nothing."""
    pattern = first(pairs, "Status")
    if pattern is None:
        return None
    return frozenset(phase for phase, word in STATUS.items() if matches_like(pattern, word))


def read_name(pairs: Pairs) -> tuple[str | None, str | None]:
    """`FriendlyName` as an exact name, or else as a pattern: an index finds the former."""
    pattern = first(pairs, "FriendlyName")
    if pattern is None:
        return None, None
    if has_wildcards(pattern):
        return None, pattern
    return pattern, None


def has_wildcards(pattern: str) -> bool:
    return "%" in pattern or "_" in pattern


def read_sid_pattern(pairs: Pairs, name: str) -> str | None:
    """The one SID that a pattern means; None where it was not sent, or is `%` alone, any.

    `%` may stand before and behind a whole SID. Patterns of parts of SIDs mean nothing: they are random.

    Raises:
        Refused: 400, for a pattern of a part.
    """
    pattern = first(pairs, name)
    if pattern is None:
        return None
    sid = pattern.strip("%")
    if not sid and pattern:
        return None
    if has_wildcards(sid) or (sid != pattern and not is_call_sid(sid)):
        raise refused(400)
    return sid


def read_day(pairs: Pairs, name: str) -> int | None:
    """UTC milliseconds of the start of the day that `name` says.

    Only the front is read, so a time may follow. Months and days beyond their end roll over, as there.

    Raises:
        Refused: 400.
    """
    text = first(pairs, name)
    if text is None:
        return None
    match = _DATE.match(text)
    if match is None:
        raise refused(400)
    year, month, day = (int(group) for group in match.groups())
    try:
        first_of_month = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
        return (first_of_month + timedelta(days=day - 1) - _EPOCH).days * DAY_MS
    except (ValueError, OverflowError):
        raise refused(400) from None
