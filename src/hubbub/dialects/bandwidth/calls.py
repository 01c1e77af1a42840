"""Bandwidth's calls: the list, and the state of one of them.

Owns rendering, the filters, and Bandwidth's words for why a call ended. What is unset is an explicit null.

Bandwidth API reference, `listCalls`, `getCallState`; "Disconnect causes".
"""

from typing import Final, NamedTuple

from hubbub.dialects.bandwidth.errors import JSON, not_found
from hubbub.dialects.bandwidth.ids import call_text, unknown_call_text
from hubbub.dialects.bandwidth.paging import (
    CALLS_PAGE_SIZE_MAX,
    next_link,
    read_number,
    read_page_size,
    read_time,
    read_token,
)
from hubbub.dialects.bandwidth.participants import find_call
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.dates import iso_ms
from hubbub.dialects.shared.json import json_bytes
from hubbub.dialects.shared.query import first, parse_query
from hubbub.domain.account import Account
from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.ids import uuid_text
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import CallQuery
from hubbub.services.ports import Reader

FILTERS: Final = ("to", "from", "minStartTime", "maxStartTime", "disconnectCause", "pageSize")
"""The parameters that a next link repeats."""

_STATES: Final[dict[CallStatus, str]] = {
    CallStatus.QUEUED: "queued",
    CallStatus.RINGING: "initiated",
    CallStatus.IN_PROGRESS: "answered",
}
"""Every other status is `disconnected`."""


class _Cause(NamedTuple):
    word: str
    causes: frozenset[HangupCause]
    statuses: frozenset[CallStatus] | None = None
    """None: any."""


_OURS: Final = frozenset({HangupCause.HANGUP, HangupCause.COMPLETED, HangupCause.ENDED_BY_API})
_CAUSES: Final = (
    _Cause("cancel", _OURS, frozenset({CallStatus.CANCELED})),
    _Cause("hangup", _OURS, frozenset(CallStatus) - {CallStatus.CANCELED}),
    _Cause("cancel", frozenset({HangupCause.CANCELED})),
    _Cause("busy", frozenset({HangupCause.BUSY})),
    _Cause("timeout", frozenset({HangupCause.NO_ANSWER})),
    _Cause("rejected", frozenset({HangupCause.REJECTED})),
    _Cause("callback-error", frozenset({HangupCause.CALLBACK_FAILED})),
    _Cause("invalid-bxml", frozenset({HangupCause.DOCUMENT_INVALID})),
    _Cause("application-error", frozenset({HangupCause.APPLICATION_ERROR})),
    _Cause("node-capacity-exceeded", frozenset({HangupCause.SERVER_FULL})),
)
"""In order: the first that fits is the word. Everything else is `error`."""
_NAMED: Final = frozenset[HangupCause]().union(*(each.causes for each in _CAUSES))
_UNEXPLAINED: Final[dict[CallStatus, str]] = {
    CallStatus.COMPLETED: "hangup",
    CallStatus.BUSY: "busy",
    CallStatus.NO_ANSWER: "timeout",
    CallStatus.CANCELED: "cancel",
    CallStatus.FAILED: "error",
}
"""For an imported call of which only the status is known."""


def disconnect_cause(call: CallLeg) -> str | None:
    """Why the call ended; None while it lives."""
    if not call.status.is_final:
        return None
    if call.hangup_cause is None:
        return _UNEXPLAINED[call.status]
    for each in _CAUSES:
        if call.hangup_cause in each.causes and (each.statuses is None or call.status in each.statuses):
            return each.word
    return "error"


async def list_calls(request: HttpRequest, desk: Desk, account: Account) -> HttpResponse:
    """GET accounts/{accountId}/calls: oldest first, live and over alike."""
    pairs = parse_query(request.query)
    size = read_page_size(first(pairs, "pageSize"), CALLS_PAGE_SIZE_MAX)
    page_token = first(pairs, "pageToken")
    query = CallQuery(
        frozenset({account.id}),
        to=read_number(first(pairs, "to")),
        from_=read_number(first(pairs, "from")),
        started_from_ms=read_time("minStartTime", first(pairs, "minStartTime")),
        started_until_ms=read_time("maxStartTime", first(pairs, "maxStartTime")),
    )
    query = _with_cause(query, first(pairs, "disconnectCause"))
    after = None if page_token is None else read_token(page_token)
    page = await desk.store.read.calls(query, PageRequest(size, after=after))
    rows = [await _state(desk.store.read, call, account, desk.settings.site) for call in page.items]
    headers: tuple[tuple[str, str], ...] = ()
    if page.has_more:
        row = page.items[-1]
        kept = [(name, value) for name in FILTERS if (value := first(pairs, name)) is not None]
        url = f"{request.base_url}/api/v2/accounts/{account.bandwidth_id}/calls"
        headers = (next_link(url, kept, Cursor(row.created_at_ms, row.id)),)
    return HttpResponse(200, json_bytes(rows), JSON, headers)


async def get_call(request: HttpRequest, desk: Desk, account: Account, call_id: str) -> HttpResponse:
    """GET accounts/{accountId}/calls/{callId}."""
    call = await require_call(desk, account, call_id)
    state = await _state(desk.store.read, call, account, desk.settings.site)
    return HttpResponse(200, json_bytes(state), JSON)


async def require_call(desk: Desk, account: Account, call_id: str) -> CallLeg:
    """The account's call with this id.

    Raises:
        Refused: 404, for malformed, unknown and foreign ids alike.
    """
    call = await find_call(desk.store.read, account, call_id, desk.settings.site)
    if call is None:
        raise not_found("Call", call_id)
    return call


def call_url(request_base_url: str, account: Account, call: CallLeg, own_site: str) -> str:
    """Where a call is found."""
    return f"{request_base_url}/api/v2/accounts/{account.bandwidth_id}/calls/{call_text(call, own_site)}"


def _with_cause(query: CallQuery, cause: str | None) -> CallQuery:
    """The query for calls that ended for `cause`; a word that is none matches nothing."""
    if cause is None:
        return query
    if cause == "error":
        return query._replace(causes=frozenset(HangupCause) - _NAMED)
    fitting = [each for each in _CAUSES if each.word == cause]
    causes = frozenset[HangupCause]().union(*(each.causes for each in fitting))
    statuses = next((each.statuses for each in fitting if each.statuses is not None), None)
    return query._replace(causes=causes, statuses=statuses)


async def _state(reader: Reader, call: CallLeg, account: Account, own_site: str) -> dict[str, object]:
    outbound = call.direction is not Direction.INBOUND
    state: dict[str, object] = {
        "accountId": account.bandwidth_id,
        "callId": call_text(call, own_site),
        "parentCallId": None,
        "to": call.to_address,
        "from": call.from_address,
        "direction": "outbound" if outbound else "inbound",
        "state": _state_word(call),
        "stirShaken": None,
        "identity": None,
        "enqueuedTime": iso_ms(call.created_at_ms) if outbound else None,
        "startTime": _time(call.started_at_ms),
        "answerTime": _time(call.answered_at_ms),
        "endTime": _time(call.ended_at_ms),
        "disconnectCause": disconnect_cause(call),
        "errorMessage": None,
        "errorId": None,
        "lastUpdate": iso_ms(call.updated_at_ms),
    }
    if call.application_id is not None:
        state = {"applicationId": uuid_text(call.application_id)} | state
    if call.parent_id is not None:
        parent = await reader.call(call.parent_id)
        state["parentCallId"] = (
            unknown_call_text(call.parent_id, own_site) if parent is None else call_text(parent, own_site)
        )
    return state


def _state_word(call: CallLeg) -> str:
    if call.status is CallStatus.QUEUED and call.placed_at_ms is not None:
        return "initiated"
    return _STATES.get(call.status, "disconnected")


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso_ms(at_ms)
