"""The Call resource, as far as conferences need it: fetch.

https://www.twilio.com/docs/voice/api/call-resource
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.dates import rfc2822
from hubbub.dialects.twilio.conferences import call_sids
from hubbub.dialects.twilio.errors import not_allowed, not_found
from hubbub.dialects.twilio.ids import call_sid, path_segment, read_call_sid
from hubbub.dialects.twilio.representation import Instance, instance_response
from hubbub.dialects.twilio.resource import API_VERSION, Asked, account_uri
from hubbub.domain.call import CallLeg

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


async def fetch_call(asked: Asked) -> HttpResponse:
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
    parent = None if call.parent_id is None else await call_sids.find(reader, call.parent_id)
    return instance_response("Call", represent(call, parent), asked.suffix)


def represent(call: CallLeg, parent: str | None) -> Instance:
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
        "start_time": None if call.answered_at_ms is None else rfc2822(call.answered_at_ms),
        "end_time": None if call.ended_at_ms is None else rfc2822(call.ended_at_ms),
        "duration": None if call.duration_s is None else str(call.duration_s),
        "price": None,
        "price_unit": "USD",
        "direction": call.direction.value,
        "answered_by": None,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": uri,
        "subresource_uris": {key: f"{uri}/{segment}" for key, segment in SUBRESOURCES},
    }
