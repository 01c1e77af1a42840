"""Restcomm's calls: the list, one of them, its fields.

Owns parameters and rendering; making and changing calls is in `create_call` and `update_call`. `price` is in
XML only and always empty: nothing is charged here. A call starts when it is dialled, answered or not.

Restcomm Connect API guide, "Calls".
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.restcomm.asked import Asked
from hubbub.dialects.restcomm.errors import refused
from hubbub.dialects.restcomm.filters import has_wildcards, read_day, read_sid_pattern
from hubbub.dialects.restcomm.form import is_true
from hubbub.dialects.restcomm.ids import call_sid, find_call, instance_id, read_conference_sid
from hubbub.dialects.restcomm.paging import envelope, json_list, list_uri, read_ask, xml_list
from hubbub.dialects.restcomm.representation import (
    indented,
    json_answer,
    json_html_text,
    json_members,
    xml_answer,
    xml_members,
)
from hubbub.dialects.restcomm.sorting import read_page, read_sort
from hubbub.dialects.shared.call_sids import CallSids
from hubbub.dialects.shared.dates import DAY_MS, iso_ms, rfc2822
from hubbub.dialects.shared.query import Pairs, first
from hubbub.domain.call import CallLeg, CallStatus
from hubbub.domain.ids import AccountId
from hubbub.domain.queries import CallQuery, matches_like
from hubbub.services.accounts.authenticate import accounts_within

API_VERSION: Final = "2012-04-24"
Members = list[tuple[str, str | int | None]]

SORTS: Final[dict[str, Callable[[CallLeg], tuple[object, ...]]]] = {
    "DateCreated": lambda call: (call.created_at_ms,),
    "From": lambda call: (call.from_address,),
    "To": lambda call: (call.to_address,),
    "Direction": lambda call: (call.direction,),
    "Status": lambda call: (call.status,),
    "Duration": lambda call: (-1 if call.duration_s is None else call.duration_s,),
    "Price": lambda call: (),
}

call_sids: Final = CallSids()


async def list_calls(asked: Asked) -> HttpResponse:
    """GET Accounts/{A}/Calls, newest first. `StartTime` is a lower bound and `EndTime` an upper one."""
    pairs = asked.parameters
    ask = read_ask(pairs)
    sort = read_sort(asked, SORTS)
    query = await _read_query(asked, pairs)
    rows: list[CallLeg] = []
    total = 0
    if query is not None:
        rows, total = await read_page(asked, ask, sort, SORTS, asked.desk.store.read.calls, query)
    around = envelope(ask, total, len(rows), list_uri(asked.segments), call_sid(rows[-1]) if rows else "")
    texts = [await _row(asked, row) for row in rows]
    if asked.as_json:
        return json_answer(json_list(around, "calls", texts, json_html_text))
    return xml_answer(xml_list(around, "Calls", texts))


async def _read_query(asked: Asked, pairs: Pairs) -> CallQuery | None:
    """What the filters ask for; None where nothing can match."""
    to, from_, status = (first(pairs, name) for name in ("To", "From", "Status"))
    started, ended = read_day(pairs, "StartTime"), read_day(pairs, "EndTime")
    query = CallQuery(
        await read_accounts(asked, pairs),
        to=None if to is None or has_wildcards(to) else to,
        to_like=to if to is not None and has_wildcards(to) else None,
        from_=None if from_ is None or has_wildcards(from_) else from_,
        from_like=from_ if from_ is not None and has_wildcards(from_) else None,
        started_from_ms=started,
        ended_until_ms=None if ended is None else ended + DAY_MS,
    )
    if status is not None:
        statuses = frozenset(each for each in CallStatus if matches_like(status, each.value))
        query = query._replace(statuses=statuses)
    parent = read_sid_pattern(pairs, "ParentCallSid")
    if parent is not None:
        leg = await find_call(asked.desk.store.read, asked.account, parent)
        if leg is None:
            return None
        query = query._replace(parent_id=leg.id)
    room = read_sid_pattern(pairs, "ConferenceSid")
    if room is not None:
        conference_id = read_conference_sid(room)
        if conference_id is None:
            return None
        query = query._replace(conference_id=conference_id)
    return query


async def read_accounts(asked: Asked, pairs: Pairs) -> frozenset[AccountId]:
    """Whose rows a list holds: with `SubAccounts=true` also those of all accounts below."""
    if is_true(pairs, "SubAccounts"):
        return await accounts_within(asked.desk.store.read, asked.account.id)
    return frozenset({asked.account.id})


async def get_call(asked: Asked) -> HttpResponse:
    """GET Accounts/{A}/Calls/{CA}. 403 where another account owns it, also to that account's parent."""
    call = await find_call(asked.desk.store.read, asked.account, asked.sid)
    if call is None:
        raise refused(404)
    if call.account_id != asked.account.id:
        raise refused(403)
    return await call_answer(asked, call)


async def call_answer(asked: Asked, call: CallLeg) -> HttpResponse:
    """200 with one call."""
    text = await _row(asked, call)
    return json_answer(indented(text, -4)) if asked.as_json else xml_answer(indented(text, -2))


async def _row(asked: Asked, call: CallLeg) -> str:
    """As it stands in a list."""
    reader = asked.desk.store.read
    parent = None if call.parent_id is None else await call_sids.find(reader, call.parent_id)
    instance = instance_id(asked.desk.settings.site) if call.node is not None else None
    return _json(call, parent, instance) if asked.as_json else _xml(call, parent, instance)


def _json(call: CallLeg, parent: str | None, instance: str | None) -> str:
    sid = call_sid(call)
    uri = call_uri(call)
    members: Members = [
        ("sid", sid),
        ("InstanceId", instance),
        ("date_created", rfc2822(call.created_at_ms, padded=False)),
        ("date_updated", rfc2822(call.updated_at_ms, padded=False)),
        ("parent_call_sid", parent),
        ("account_sid", "AC" + call.account_id),
        ("to", call.to_address),
        ("from", call.from_address),
        ("status", call.status.value),
        ("start_time", _start(call)),
        ("end_time", _end(call)),
        ("duration", call.duration_s),
        ("price_unit", "USD"),
        ("direction", call.direction.value),
        ("api_version", API_VERSION),
        ("forwarded_from", call.forwarded_from),
        ("caller_name", call.caller_name),
        ("uri", uri + ".json"),
        ("ring_duration", ring_duration_s(call)),
    ]
    links = (
        '"subresource_uris": {\n'
        f'  "notifications": {json_html_text(uri + "/Notifications.json")},\n'
        f'  "recordings": {json_html_text(uri + "/Recordings.json")}\n'
        "}"
    )
    return json_members(members, links)


def _xml(call: CallLeg, parent: str | None, instance: str | None) -> str:
    uri = call_uri(call)
    members: Members = [
        ("Sid", call_sid(call)),
        ("InstanceId", instance),
        ("DateCreated", rfc2822(call.created_at_ms, padded=False)),
        ("DateUpdated", rfc2822(call.updated_at_ms, padded=False)),
        ("ParentCallSid", parent),
        ("AccountSid", "AC" + call.account_id),
        ("To", call.to_address),
        ("From", call.from_address),
        ("PhoneNumberSid", None),
        ("Status", call.status.value),
        ("StartTime", _start(call)),
        ("EndTime", _end(call)),
        ("Duration", call.duration_s),
        ("Price", None),
        ("PriceUnit", "USD"),
        ("Direction", call.direction.value),
        ("AnsweredBy", None),
        ("ApiVersion", API_VERSION),
        ("ForwardedFrom", call.forwarded_from),
        ("CallerName", call.caller_name),
        ("Uri", uri),
    ]
    ring_s = ring_duration_s(call)
    rest = (
        "<SubresourceUris>\n"
        f"  <Notifications>{uri}/Notifications</Notifications>\n"
        f"  <Recordings>{uri}/Recordings</Recordings>\n"
        "</SubresourceUris>\n"
    ) + ("<Ring_duration/>" if ring_s is None else f"<Ring_duration>{ring_s}</Ring_duration>")
    return xml_members("Call", members, rest)


def call_uri(call: CallLeg) -> str:
    """Where a call is; without a suffix."""
    return f"/{API_VERSION}/Accounts/AC{call.account_id}/Calls/{quote(call_sid(call), safe='')}"


def ring_duration_s(call: CallLeg) -> int | None:
    """Whole seconds from the beginning, which is after the queue, to the answer or the end."""
    return None if call.ringing_ms is None else call.ringing_ms // 1000


def _start(call: CallLeg) -> str | None:
    return None if call.started_at_ms is None else iso_ms(call.started_at_ms)


def _end(call: CallLeg) -> str | None:
    return None if call.ended_at_ms is None else iso_ms(call.ended_at_ms)
