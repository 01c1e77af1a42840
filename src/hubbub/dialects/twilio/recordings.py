"""The Recording resource, of a conference and of an account: nothing is recorded yet, so lists are empty.

https://www.twilio.com/docs/voice/api/recording and
https://www.twilio.com/docs/voice/api/conference-recording-resource.
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio.conferences import find_conference
from hubbub.dialects.twilio.errors import not_allowed, not_found
from hubbub.dialects.twilio.paging import make_links, read_paging
from hubbub.dialects.twilio.parameters import read_days
from hubbub.dialects.twilio.representation import list_response
from hubbub.dialects.twilio.resource import Asked, account_uri, conference_uri

DATES: Final = frozenset({"DateCreated", "DateCreated<", "DateCreated>"})
FILTERS: Final = DATES | {"CallSid", "ConferenceSid", "IncludeSoftDeleted"}
KEYS: Final = (
    "sid",
    "account_sid",
    "call_sid",
    "conference_sid",
    "api_version",
    "date_created",
    "date_updated",
    "start_time",
    "duration",
    "price",
    "price_unit",
    "status",
    "channels",
    "source",
    "error_code",
    "encryption_details",
    "uri",
)
ACCOUNT_KEYS: Final = (*KEYS, "subresource_uris", "media_url")


async def list_conference_recordings(asked: Asked) -> HttpResponse:
    conference = await find_conference(asked)
    uri = conference_uri(conference.account_id, conference.id) + "/Recordings"
    return _nothing(asked, uri, DATES, KEYS, times=False)


async def list_recordings(asked: Asked) -> HttpResponse:
    return _nothing(asked, account_uri(asked.account.id) + "/Recordings", FILTERS, ACCOUNT_KEYS, times=True)


async def fetch_conference_recording(asked: Asked) -> HttpResponse:
    await find_conference(asked)
    if asked.keys[1] != "Twilio.CURRENT" and read_sid("RE", asked.keys[1]) is None:
        raise not_allowed()
    raise not_found(asked.path)


async def fetch_recording(asked: Asked) -> HttpResponse:
    if read_sid("RE", asked.keys[0]) is None:
        raise not_allowed()
    raise not_found(asked.path)


def _nothing(
    asked: Asked, uri: str, names: frozenset[str], keys: tuple[str, ...], *, times: bool
) -> HttpResponse:
    pairs, parameters = asked.parameters
    read_days(parameters, "DateCreated", times=times)
    paging = read_paging(pairs, parameters, names, "RE")
    links = make_links(paging, "RE", 0, None, None, has_more=False, has_previous=False)
    return list_response("recordings", "Recording", (), keys, links, uri, asked.suffix)
