"""Restcomm's API 2012-04-24: which request goes where.

Served below `/restcomm/2012-04-24`, where clients are pointed, and below `/2012-04-24`, which is how links
inside answers begin. The order is the vendor's: who are you, is there such a path, does it know the method,
may you, does it exist, does it make sense.

Restcomm Connect API guide, "API endpoint", "Requests".
"""

from typing import Final

from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse, Route
from hubbub.dialects.restcomm import conferences, participants
from hubbub.dialects.restcomm.auth import identify, open_account
from hubbub.dialects.restcomm.cross_origin import allowance
from hubbub.dialects.restcomm.errors import Refused, refused
from hubbub.dialects.restcomm.representation import split_path, wants_json
from hubbub.dialects.shared.query import decode_path
from hubbub.services.authenticate import Caller

READ_CONFERENCES: Final = "RestComm:Read:Conferences"
READ_CALLS: Final = "RestComm:Read:Calls"
"""What the caller's role must allow, in the vendor's own words."""

CONFERENCES: Final = "/Accounts/{AccountSid}/Conferences"
PARTICIPANTS: Final = CONFERENCES + "/{ConferenceSid}/Participants"

ROUTES: Final = (
    Route("GET", CONFERENCES, "ListConference", tags=("Conferences",)),
    Route("GET", CONFERENCES + "/{ConferenceSid}", "FetchConference", tags=("Conferences",)),
    Route("GET", PARTICIPANTS, "ListParticipant", tags=("Participants",)),
    Route("GET", PARTICIPANTS + "/{CallSid}", "FetchParticipant", tags=("Participants",)),
)

_ALLOW: Final = (("Allow", "GET, HEAD"),)


class RestcommDialect:
    """Satisfies `hubbub.dialects.contract.Dialect`."""

    name = "restcomm"
    prefixes = ("/restcomm/2012-04-24", "/2012-04-24")
    routes = ROUTES
    answers_cross_origin = True
    """Which pages may call is for `cross_origin` to say, and not for the shell."""

    async def handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        allowed = allowance(request, desk.settings.restcomm_application_url)
        try:
            if allowed and request.method == "OPTIONS":
                response = HttpResponse(200)
            else:
                response = await _answer(request, desk)
        except Refused as refusal:
            response = refusal.response
        if allowed:
            response.headers += allowed
        return response

    async def identify(self, request: HttpRequest, desk: Desk) -> Caller | None:
        try:
            return await identify(request, desk)
        except Refused:
            return None

    def refuse(self, request: HttpRequest, status: int, reason: str) -> HttpResponse:
        return HttpResponse(status)


async def _answer(request: HttpRequest, desk: Desk) -> HttpResponse:
    caller = await identify(request, desk)
    segments, by_path = split_path(request.path)
    segments = segments[2 if segments[:1] == ["restcomm"] else 1 :]
    count = len(segments)
    if (
        not 3 <= count <= 6
        or segments[0] != "Accounts"
        or segments[2] != "Conferences"
        or (count > 4 and segments[4] != "Participants")
    ):
        raise refused(404)
    if request.method != "GET" and request.method != "HEAD":
        raise refused(405, _ALLOW)
    as_json = wants_json(request, by_path)
    permission = READ_CONFERENCES if count < 5 else READ_CALLS
    account = await open_account(desk.store.read, caller, decode_path(segments[1]), permission)
    if count == 3:
        return await conferences.list_conferences(request, desk, account, segments, as_json)
    segments[3] = decode_path(segments[3])
    if count == 4:
        return await conferences.get_conference(desk, account, segments[3], as_json)
    if count == 5:
        return await participants.list_participants(request, desk, account, segments, as_json)
    return await participants.get_participant(desk, account, decode_path(segments[5]), as_json)
