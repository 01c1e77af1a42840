"""Lists of the store in memory: each filter in so many words, and paging by looking at everything."""

from collections.abc import Callable
from typing import TypeVar

from hubbub.domain.call import CallLeg
from hubbub.domain.conference import Conference
from hubbub.domain.delivery import Delivery
from hubbub.domain.paging import Cursor, Page, PageRequest
from hubbub.domain.queries import CallQuery, ConferenceQuery, DeliveryQuery, RecordingQuery, matches_like
from hubbub.domain.recording import Recording
from hubbub.storage.repositories.bounds import check

T = TypeVar("T")


def asks_for_conference(query: ConferenceQuery, conference: Conference) -> bool:
    return (
        conference.account_id == query.account_id
        and (query.phases is None or conference.phase in query.phases)
        and query.name in (None, conference.name)
        and _like(query.name_like, conference.name)
        and _within(query.created_from_ms, conference.created_at_ms, query.created_until_ms)
        and _within(query.updated_from_ms, conference.updated_at_ms, query.updated_until_ms)
    )


def asks_for_call(query: CallQuery, call: CallLeg) -> bool:
    return (
        call.account_id in query.account_ids
        and query.to in (None, call.to_address)
        and query.from_ in (None, call.from_address)
        and _like(query.to_like, call.to_address)
        and _like(query.from_like, call.from_address)
        and (query.statuses is None or call.status in query.statuses)
        and (query.causes is None or call.hangup_cause in query.causes)
        and query.parent_id in (None, call.parent_id)
        and query.conference_id in (None, call.conference_id)
        and _within(query.created_from_ms, call.created_at_ms, query.created_until_ms)
        and _within(query.started_from_ms, call.placed_at_ms or call.created_at_ms, query.started_until_ms)
        and _within(query.answered_from_ms, call.answered_at_ms, query.answered_until_ms)
        and _within(query.ended_from_ms, call.ended_at_ms, query.ended_until_ms)
    )


def asks_for_recording(query: RecordingQuery, recording: Recording) -> bool:
    return (
        recording.account_id in query.account_ids
        and query.conference_id in (None, recording.conference_id)
        and query.call_id in (None, recording.call_id)
        and query.of_conferences in (None, recording.conference_id is not None)
        and (query.states is None or recording.state in query.states)
        and _within(query.created_from_ms, recording.created_at_ms, query.created_until_ms)
    )


def asks_for_delivery(query: DeliveryQuery, delivery: Delivery) -> bool:
    return (
        query.account_id in (None, delivery.account_id)
        and (query.states is None or delivery.state in query.states)
        and query.stream in (None, delivery.stream)
    )


def _within(from_ms: int | None, at_ms: int | None, until_ms: int | None) -> bool:
    """Whether a time lies between two bounds, both inclusive; a missing one does where none is asked."""
    if at_ms is None:
        return from_ms is None and until_ms is None
    return (from_ms is None or at_ms >= from_ms) and (until_ms is None or at_ms <= until_ms)


def _like(pattern: str | None, text: str) -> bool:
    return pattern is None or matches_like(pattern, text)


def page_of(rows: list[T], page: PageRequest, cursor_of: Callable[[T], Cursor]) -> Page[T]:
    """The page of all rows that match."""
    check(page)
    rows.sort(key=cursor_of, reverse=page.descending)
    total = None if page.total_limit is None else min(len(rows), page.total_limit)
    start, stop = page.offset, page.offset + page.size
    if page.after is not None:
        after = page.after
        start = sum(
            1 for row in rows if (cursor_of(row) <= after) is not page.descending or cursor_of(row) == after
        )
        stop = start + page.size
    elif page.before is not None:
        before = page.before
        stop = sum(
            1 for row in rows if (cursor_of(row) < before) is not page.descending and cursor_of(row) != before
        )
        start = max(0, stop - page.size)
    return Page(rows[start:stop], stop < len(rows), start > 0 and len(rows) > 0, total)
