"""`GET /v1/events`: the log from a number on, as a page of JSON or as Server-Sent Events.

https://html.spec.whatwg.org/multipage/server-sent-events.html: each event's `id` is its number, so a client that was
cut off asks again with `Last-Event-ID` and misses none. A quiet stream says its position now and then, by an
`id` without data, which a browser remembers and does not show.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from hubbub.dialects.contract import BodyStream, Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.dates import iso_ms
from hubbub.dialects.shared.json import json_bytes
from hubbub.domain.account import AccountStatus
from hubbub.domain.events import NumberedEvent
from hubbub.domain.ids import AccountId, ConferenceId
from hubbub.services.accounts.authenticate import accounts_within
from hubbub.services.ports import Reader
from hubbub.web.own.auth import READ_EVENTS, Asker, admit
from hubbub.web.own.errors import Refused, answer
from hubbub.web.own.feed import EventFeed, Watch
from hubbub.web.own.parameters import Parameters, read_id

STREAM: Final = "text/event-stream"
LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1000
READ_AT_ONCE: Final = 200
PASSED_BY_MAX: Final = 20_000
"""Events of other accounts that one request for a page reads past."""
HEARTBEAT_S: Final = 15.0
SLOW_S: Final = 10.0
"""A reader that takes so long for one piece is closed. It may come back to where it was."""
RETRY_MS: Final = 1000
NUMBER_MAX: Final = 2**63 - 1
NO_BUFFERING: Final = (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"))


async def get_events(request: HttpRequest, desk: Desk, feed: EventFeed, streams_max: int) -> HttpResponse:
    asker = await admit(request, desk, READ_EVENTS)
    parameters = Parameters(request.query, ("after", "limit", "conference"))
    conference_id = await _conference(desk.store.read, asker, parameters.get("conference"))
    if _wants_stream(request):
        if len(feed) >= streams_max:
            raise Refused(
                503, f"At most {streams_max} event streams are open at once", (("Retry-After", "5"),)
            )
        after = await _stream_start(request, parameters, desk.store.read)
        watch = Watch(after, asker.account_ids, conference_id)
        stream = BodyStream(_follow(desk, feed, asker, watch), None)
        return HttpResponse(200, b"", STREAM, NO_BUFFERING, stream)
    after = parameters.number("after", 0, 0, NUMBER_MAX)
    limit = parameters.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)
    return answer(await _page(desk.store.read, asker.account_ids, conference_id, after, limit))


async def _page(
    reader: Reader,
    account_ids: frozenset[AccountId],
    conference_id: ConferenceId | None,
    after: int,
    limit: int,
) -> dict[str, Any]:
    found: list[NumberedEvent] = []
    position = after
    has_more = False
    while position - after < PASSED_BY_MAX:
        entries = await reader.events(position, READ_AT_ONCE, conference_id)
        for entry in entries:
            if len(found) == limit:
                has_more = True
                break
            position = entry.number
            if entry.event.account_id in account_ids:
                found.append(entry)
        if has_more or len(entries) < READ_AT_ONCE:
            break
    else:
        has_more = True
    return {
        "events": [represent(entry) for entry in found],
        "next_after": position,
        "has_more": has_more,
    }


async def _follow(desk: Desk, feed: EventFeed, asker: Asker, watch: Watch) -> AsyncIterator[bytes]:
    """The stream: what is in the log already, then what comes."""
    clock, reader = desk.clock, desk.store.read
    feed.open(watch)
    try:
        yield b"retry: %d\n\n" % RETRY_MS
        while True:
            entries = await reader.events(watch.position, READ_AT_ONCE, watch.conference_id)
            if entries:
                watch.position = entries[-1].number
                text = b"".join([_piece(entry) for entry in entries if watch.concerns(entry)])
                if text:
                    began_mono_s = clock.mono_s()
                    yield text
                    if clock.mono_s() - began_mono_s > SLOW_S:
                        yield (
                            b": you read too slowly and are cut off; nothing is lost: "
                            b"ask again with Last-Event-ID: %d\n\n" % watch.position
                        )
                        return
                else:
                    # A long way through what is other accounts': let somebody else in.
                    await clock.sleep(0)
            elif not await feed.wait(watch, HEARTBEAT_S):
                account = await reader.account(asker.caller.account.id)
                if account is None or account.status is not AccountStatus.ACTIVE:
                    yield b": the account may not read any more\n\n"
                    return
                watch.account_ids = await accounts_within(reader, account.id)
                yield b"id: %d\n\n" % watch.position
            if watch.is_over:
                yield b": the server stops; ask again with Last-Event-ID: %d\n\n" % watch.position
                return
    finally:
        feed.close(watch)


def represent(entry: NumberedEvent) -> dict[str, Any]:
    """An event as JSON values."""
    event = entry.event
    return {
        "number": entry.number,
        "conference_number": entry.conference_number,
        "kind": str(event.kind),
        "occurred_at": iso_ms(event.occurred_at_ms),
        "account_id": event.account_id,
        "conference_id": event.conference_id,
        "call_id": event.call_id,
        "data": event.data,
    }


def _piece(entry: NumberedEvent) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (entry.number, json_bytes(represent(entry)))


def _wants_stream(request: HttpRequest) -> bool:
    kinds = request.headers.get("accept", "").split(",")
    return any(kind.partition(";")[0].strip().lower() == STREAM for kind in kinds)


async def _stream_start(request: HttpRequest, parameters: Parameters, reader: Reader) -> int:
    """The number to go on from: the one the client saw last, the one it asks for, or the newest there is."""
    last = request.headers.get("last-event-id", "").strip()
    if last:
        if not (last.isascii() and last.isdigit() and int(last) <= NUMBER_MAX):
            raise Refused(400, "Last-Event-ID is the number of an event")
        return int(last)
    if parameters.get("after") is not None:
        return parameters.number("after", 0, 0, NUMBER_MAX)
    return await newest_number(reader)


async def newest_number(reader: Reader) -> int:
    """The number of the last event; 0 in an empty log. The log has no gaps, so it is found by halving."""
    beyond = 1
    while await reader.event(beyond) is not None:
        beyond *= 2
    there = beyond // 2
    while beyond - there > 1:
        middle = (there + beyond) // 2
        if await reader.event(middle) is not None:
            there = middle
        else:
            beyond = middle
    return there


async def _conference(reader: Reader, asker: Asker, text: str | None) -> ConferenceId | None:
    if text is None:
        return None
    found = await reader.conference(ConferenceId(read_id(text)))
    if found is None or found.account_id not in asker.account_ids:
        raise Refused(404, f"There is no conference {text[:64]}")
    return found.id
