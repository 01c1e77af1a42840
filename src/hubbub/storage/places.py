"""The place of a conference in every list, as one number.

A place holds the time of creation in its upper bits and the first four digits of the id in its lower
sixteen: ordering by (place, id) is ordering by (created_at_ms, id), and one 63-bit integer can be ranged
over, cut into buckets and counted by.
"""

from typing import Final

from hubbub.domain.paging import Cursor

ID_BITS: Final = 16
PLACE_BITS: Final = 63
PLACE_MAX: Final = (1 << PLACE_BITS) - 1
TIME_MAX_MS: Final = (1 << (PLACE_BITS - ID_BITS)) - 1
"""Far in the year 6429."""


def place_of(created_at_ms: int, conference_id: str) -> int:
    """The place of a conference; times before 1970 stand at its start."""
    return first_place(created_at_ms) | int(conference_id[:4], 16)


def first_place(at_ms: int) -> int:
    """The lowest place of a millisecond."""
    return min(max(at_ms, 0), TIME_MAX_MS) << ID_BITS


def cursor_place(cursor: Cursor) -> tuple[int, str]:
    """A cursor as (place, id)."""
    return place_of(cursor.created_at_ms, cursor.id), cursor.id
