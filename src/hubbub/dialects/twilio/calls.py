"""The Call resource: list and fetch, and its fields.

https://www.twilio.com/docs/voice/api/call-resource. Making and changing calls is in `place_call` and
`change_call`.
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.dates import rfc2822
from hubbub.dialects.twilio.conferences import call_sids
from hubbub.dialects.twilio.errors import invalid, not_allowed, not_found
from hubbub.dialects.twilio.ids import call_sid, path_segment, read_call_sid
from hubbub.dialects.twilio.paging import make_links, read_paging
from hubbub.dialects.twilio.parameters import read_days
from hubbub.dialects.twilio.representation import Instance, instance_response, list_response
from hubbub.dialects.twilio.resource import API_VERSION, Asked, account_uri
from hubbub.domain.application import normalise_address
from hubbub.domain.call import CallLeg, CallStatus
from hubbub.domain.ids import CallId
from hubbub.domain.paging import Cursor
from hubbub.domain.queries import CallQuery
from hubbub.services.ports import Reader

SUBRESOURCES: Final = (
    ("notifications", "Notifications"),
    ("recordings", "Recordings"),
    ("payments", "Payments"),
    ("events", "Events"),
    ("siprec", "Siprec"),
    ("streams", "Streams"),
    ("transcriptions", "Transcriptions"),
    ("user_defined_message_subscriptions", "UserDefinedMessageSubscriptions"),
    ("user_defined_messages", "UserDefinedMessages"),
)
FILTERS: Final = frozenset(
    {
        "To",
        "From",
        "ParentCallSid",
        "Status",
        *(name + sign for name in ("StartTime", "EndTime") for sign in ("", "<", ">")),
    }
)
STATUSES: Final = frozenset(each.value for each in CallStatus)
KEYS: Final = (
    "sid",
    "date_created",
    "date_updated",
    "parent_call_sid",
    "account_sid",
    "to",
    "to_formatted",
    "from",
    "from_formatted",
    "phone_number_sid",
    "status",
    "start_time",
    "end_time",
    "duration",
    "price",
    "price_unit",
    "direction",
    "answered_by",
    "api_version",
    "forwarded_from",
    "group_sid",
    "caller_name",
    "queue_time",
    "trunk_sid",
    "uri",
    "subresource_uris",
)


async def list_calls(asked: Asked) -> HttpResponse:
    pairs, parameters = asked.parameters
    paging = read_paging(pairs, parameters, FILTERS, "CA")
    started = read_days(parameters, "StartTime", times=True)
    ended = read_days(parameters, "EndTime", times=True)
    status = parameters.get("Status") or None
    if status is not None and status not in STATUSES:
        raise invalid("Status", f"it is one of {', '.join(CallStatus)}")
    reader = asked.desk.store.read
    query = CallQuery(
        frozenset({asked.account.id}),
        to=_address(parameters.get("To")),
        from_=_address(parameters.get("From")),
        statuses=None if status is None else frozenset({CallStatus(status)}),
        parent_id=await _read_parent(asked, parameters.get("ParentCallSid")),
        started_from_ms=started.from_ms,
        started_until_ms=started.until_ms,
        ended_from_ms=ended.from_ms,
        ended_until_ms=ended.until_ms,
    )
    page = await reader.calls(query, paging.request)
    rows = page.items
    links = make_links(
        paging,
        "CA",
        len(rows),
        Cursor(rows[0].created_at_ms, rows[0].id) if rows else None,
        Cursor(rows[-1].created_at_ms, rows[-1].id) if rows else None,
        has_more=page.has_more,
        has_previous=page.has_previous,
    )
    instances = [await represent_call(reader, row) for row in rows]
    uri = account_uri(asked.account.id) + "/Calls"
    return list_response("calls", "Call", instances, KEYS, links, uri, asked.suffix)


def _address(text: str | None) -> str | None:
    return normalise_address(text) if text else None


async def _read_parent(asked: Asked, text: str | None) -> CallId | None:
    if not text:
        return None
    parent_id = read_call_sid(text)
    if parent_id is not None:
        return parent_id
    parent = await asked.desk.store.read.call_by_given_id(asked.account.id, text)
    if parent is None:
        raise invalid("ParentCallSid", "it is no call's SID")
    return parent.id


async def fetch_call(asked: Asked) -> HttpResponse:
    call = await find_call(asked)
    return instance_response("Call", await represent_call(asked.desk.store.read, call), asked.suffix)


async def find_call(asked: Asked) -> CallLeg:
    """The call that the path's first key names.

    Raises:
        TwilioError: 405 where the key is no call's SID, 404 where the account has no such call.
    """
    reader = asked.desk.store.read
    key = asked.keys[0]
    call_id = read_call_sid(key)
    if call_id is not None:
        call = await reader.call(call_id)
    else:
        call = await reader.call_by_given_id(asked.account.id, key)
        if call is None:
            raise not_allowed()
    if call is None or call.account_id != asked.account.id:
        raise not_found(asked.path)
    return call


async def represent_call(reader: Reader, call: CallLeg, *, queue_time_ms: int = 0) -> Instance:
    parent = None if call.parent_id is None else await call_sids.find(reader, call.parent_id)
    return represent(call, parent, queue_time_ms)


def represent(call: CallLeg, parent: str | None, queue_time_ms: int = 0) -> Instance:
    sid = call_sid(call)
    uri = f"{account_uri(call.account_id)}/Calls/{path_segment(sid)}"
    return {
        "sid": sid,
        "date_created": rfc2822(call.created_at_ms),
        "date_updated": rfc2822(call.updated_at_ms),
        "parent_call_sid": parent,
        "account_sid": "AC" + call.account_id,
        "to": call.to_address,
        "to_formatted": call.to_address,
        "from": call.from_address,
        "from_formatted": call.from_address,
        "phone_number_sid": None,
        "status": call.status.value,
        # When it was dialled, which the StartTime filters look at too; answered or not.
        "start_time": None if call.started_at_ms is None else rfc2822(call.started_at_ms),
        "end_time": None if call.ended_at_ms is None else rfc2822(call.ended_at_ms),
        "duration": None if call.duration_s is None else str(call.duration_s),
        "price": None,
        "price_unit": "USD",
        "direction": call.direction.value,
        "answered_by": None,
        "api_version": API_VERSION,
        "forwarded_from": call.forwarded_from,
        "group_sid": None,
        "caller_name": call.caller_name,
        "queue_time": str(_queue_time_ms(call, queue_time_ms)),
        "trunk_sid": None,
        "uri": uri,
        "subresource_uris": {key: f"{uri}/{segment}" for key, segment in SUBRESOURCES},
    }


def _queue_time_ms(call: CallLeg, estimate_ms: int) -> int:
    """How long it waited for its turn; while it waits, how long it was going to."""
    return estimate_ms if call.placed_at_ms is None else max(call.placed_at_ms - call.created_at_ms, 0)
