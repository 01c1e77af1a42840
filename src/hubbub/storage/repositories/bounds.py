"""What a page request leaves of a list that is ordered by creation and id."""

from typing import Final

from hubbub.domain.paging import Cursor, PageRequest

FIRST: Final = Cursor(-(1 << 62), "")
LAST: Final = Cursor(1 << 62, "")


def between(page: PageRequest) -> tuple[Cursor, Cursor]:
    """The exclusive bounds, lower first, that a request's cursors set."""
    check(page)
    if page.after is not None:
        return (FIRST, page.after) if page.descending else (page.after, LAST)
    if page.before is not None:
        return (page.before, LAST) if page.descending else (FIRST, page.before)
    return FIRST, LAST


def outside(page: PageRequest) -> tuple[Cursor, Cursor]:
    """The exclusive bounds of what `between` leaves out: the other side, the cursor's own row included."""
    if page.after is not None:
        beyond = page.after
        lower = not page.descending
    elif page.before is not None:
        beyond = page.before
        lower = page.descending
    else:
        return FIRST, LAST
    # "~" sorts behind every hex digit: just behind the cursor's own row, or just in front of it.
    return (FIRST, Cursor(beyond.created_at_ms, beyond.id + "~")) if lower else (just_before(beyond), LAST)


def just_before(cursor: Cursor) -> Cursor:
    """An exclusive bound that lets the cursor's own row in."""
    if not cursor.id:
        return cursor
    return Cursor(cursor.created_at_ms, cursor.id[:-1] + chr(ord(cursor.id[-1]) - 1) + "~")


def check(page: PageRequest) -> None:
    """A caller that mixes ways of paging is wrong."""
    if page.size < 0 or page.offset < 0:
        raise ValueError("a page has a size and an offset of 0 or more")
    if (page.after is not None) + (page.before is not None) + (page.offset > 0) > 1:
        raise ValueError("a page starts after a cursor, ends before a cursor or skips an offset: one of them")
