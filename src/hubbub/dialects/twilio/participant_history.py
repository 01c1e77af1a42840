"""Who was in a conference, and what became of them: read from the log, which keeps what the rows of the present
forget.

Owns the reading. A `Stay` is one membership from its first event to its last; a call that came back has two. What was
imported has no events, and so no stays.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from hubbub.domain.conference import Conference, LeaveReason, Participant
from hubbub.domain.events import EventKind, NumberedEvent
from hubbub.domain.ids import CallId
from hubbub.domain.paging import Page, PageRequest
from hubbub.services.ports import Reader

EVENTS_AT_ONCE: Final = 1_000
EVENTS_MAX: Final = 20_000
"""What happened in a conference after so many events is left out."""
_BEGINNINGS: Final = frozenset({EventKind.PARTICIPANT_ADDED, EventKind.PARTICIPANT_JOINED})


class Stay(NamedTuple):
    participant: Participant
    """As it was at the last event. `joined_at_ms` is when it joined, or was added if it never did."""
    joined: bool
    """It was inside; False: its call was not answered, or not yet."""
    was_coach: bool = False
    coached: tuple[CallId, ...] = ()
    """Whom it coached at any time."""

    @property
    def sid(self) -> str:
        """Thirty-two hex digits that name it."""
        participant = self.participant
        text = f"{participant.conference_id}{participant.call_id}{participant.joined_at_ms}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class History(NamedTuple):
    stays: list[Stay]
    """In order of their beginnings."""
    started_at_ms: int | None
    concurrent_max: int


async def read_history(reader: Reader, conference: Conference) -> History:
    """What the log tells of a conference."""
    entries: list[NumberedEvent] = []
    after = 0
    while len(entries) < EVENTS_MAX:
        more = await reader.events(after, EVENTS_AT_ONCE, conference.id)
        entries += more
        if len(more) < EVENTS_AT_ONCE:
            break
        after = more[-1].number
    return _history(conference, entries)


def _history(conference: Conference, entries: Iterable[NumberedEvent]) -> History:
    open_: dict[CallId, Stay] = {}
    over: list[Stay] = []
    started_at_ms = None
    concurrent = concurrent_max = 0
    for entry in entries:
        event = entry.event
        if event.kind is EventKind.CONFERENCE_STARTED:
            started_at_ms = event.occurred_at_ms
        call_id = event.call_id
        if call_id is None or "muted" not in event.data:
            continue
        before = open_.get(call_id)
        if before is None and event.kind not in _BEGINNINGS:
            continue
        if event.kind is EventKind.PARTICIPANT_JOINED:
            concurrent += 1
            concurrent_max = max(concurrent_max, concurrent)
        stay = _after(conference, before, entry)
        if event.kind is EventKind.PARTICIPANT_LEFT:
            concurrent -= stay.joined
            over.append(stay)
            open_.pop(call_id, None)
        else:
            open_[call_id] = stay
    stays = sorted([*over, *open_.values()], key=lambda stay: stay.participant.joined_at_ms)
    return History(stays, started_at_ms, concurrent_max)


def _after(conference: Conference, before: Stay | None, entry: NumberedEvent) -> Stay:
    event, data = entry.event, entry.event.data
    at_ms = event.occurred_at_ms
    joins = event.kind is EventKind.PARTICIPANT_JOINED
    left = event.kind is EventKind.PARTICIPANT_LEFT
    coached = tuple([CallId(each) for each in data["coached"]])
    assert event.call_id is not None
    participant = Participant(
        conference.id,
        event.call_id,
        muted=data["muted"],
        held=data["held"],
        coaching=data["coaching"],
        coached=coached,
        start_on_enter=data["start_on_enter"],
        end_on_exit=data["end_on_exit"],
        label=data["label"],
        joined_at_ms=at_ms if before is None or joins else before.participant.joined_at_ms,
        updated_at_ms=at_ms,
        left_at_ms=at_ms if left else None,
        leave_reason=LeaveReason(data["reason"]) if left else None,
        pending=not left and event.kind is EventKind.PARTICIPANT_ADDED,
    )
    known = before.coached if before is not None else ()
    return Stay(
        participant,
        joined=joins or (before is not None and before.joined),
        was_coach=data["coaching"] or (before is not None and before.was_coach),
        coached=known + tuple([each for each in coached if each not in known]),
    )


def page_of(stays: Iterable[Stay], request: PageRequest) -> Page[Stay]:
    """A page of them, newest first."""
    rows = sorted(
        stays, key=lambda stay: (stay.participant.joined_at_ms, stay.participant.call_id), reverse=True
    )
    places = [(row.participant.joined_at_ms, str(row.participant.call_id)) for row in rows]
    first, last = request.offset, request.offset + request.size
    if request.after is not None:
        first = sum(place >= (request.after.created_at_ms, request.after.id) for place in places)
        last = first + request.size
    elif request.before is not None:
        last = sum(place > (request.before.created_at_ms, request.before.id) for place in places)
        first = max(last - request.size, 0)
    return Page(rows[first:last], has_more=last < len(rows), has_previous=first > 0 and bool(rows))
