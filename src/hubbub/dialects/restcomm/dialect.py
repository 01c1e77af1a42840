"""Restcomm's API 2012-04-24: which request goes where.

Served below `/restcomm/2012-04-24`, where clients are pointed, and below `/2012-04-24`, which is how links
inside answers begin. The order is the vendor's: who are you, is there such a path, does it know the method,
may you, does it exist, does it make sense.

Restcomm Connect API guide, "API endpoint", "Requests".
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse, Route
from hubbub.dialects.restcomm.asked import Asked
from hubbub.dialects.restcomm.auth import identify, open_account
from hubbub.dialects.restcomm.calls import get_call, list_calls
from hubbub.dialects.restcomm.conferences import get_conference, list_conferences
from hubbub.dialects.restcomm.create_call import create_call
from hubbub.dialects.restcomm.cross_origin import allowance
from hubbub.dialects.restcomm.errors import Refused, refused
from hubbub.dialects.restcomm.ids import read_account_sid
from hubbub.dialects.restcomm.participants import get_participant, list_participants
from hubbub.dialects.restcomm.recording_media import get_media, is_media
from hubbub.dialects.restcomm.recordings import (
    delete_recording,
    get_recording,
    list_call_recordings,
    list_recordings,
)
from hubbub.dialects.restcomm.representation import split_path, wants_json
from hubbub.dialects.restcomm.update_call import update_call
from hubbub.dialects.restcomm.update_participant import update_participant
from hubbub.dialects.shared.permissions import (
    CREATE_CALLS,
    DELETE_RECORDINGS,
    MODIFY_CALLS,
    READ_CALLS,
    READ_CONFERENCES,
    READ_RECORDINGS,
)
from hubbub.dialects.shared.query import decode_path
from hubbub.services.accounts.authenticate import Caller


class Operation(NamedTuple):
    permission: str
    """What the caller's role must allow, in the vendor's own words."""
    handle: Callable[[Asked], Awaitable[HttpResponse]]


Shape = tuple[int | str, ...]
"""How many segments a path has from `Accounts` on, and the names of its collections."""


PLACES: Final[Mapping[Shape, Mapping[str, Operation]]] = {
    (3, "Conferences"): {"GET": Operation(READ_CONFERENCES, list_conferences)},
    (4, "Conferences"): {"GET": Operation(READ_CONFERENCES, get_conference)},
    (5, "Conferences", "Participants"): {"GET": Operation(READ_CALLS, list_participants)},
    (6, "Conferences", "Participants"): {
        "GET": Operation(READ_CALLS, get_participant),
        "POST": Operation(MODIFY_CALLS, update_participant),
    },
    (3, "Calls"): {
        "GET": Operation(READ_CALLS, list_calls),
        "POST": Operation(CREATE_CALLS, create_call),
    },
    (4, "Calls"): {
        "GET": Operation(READ_CALLS, get_call),
        "POST": Operation(MODIFY_CALLS, update_call),
    },
    (5, "Calls", "Recordings"): {"GET": Operation(READ_RECORDINGS, list_call_recordings)},
    (3, "Recordings"): {"GET": Operation(READ_RECORDINGS, list_recordings)},
    (4, "Recordings"): {
        "GET": Operation(READ_RECORDINGS, get_recording),
        "DELETE": Operation(DELETE_RECORDINGS, delete_recording),
    },
}
_RECORDING: Final = (4, "Recordings")

CONFERENCES: Final = "/Accounts/{AccountSid}/Conferences"
PARTICIPANTS: Final = CONFERENCES + "/{ConferenceSid}/Participants"
CALLS: Final = "/Accounts/{AccountSid}/Calls"
RECORDINGS: Final = "/Accounts/{AccountSid}/Recordings"

ROUTES: Final = (
    Route("GET", CONFERENCES, "ListConference", tags=("Conferences",)),
    Route("GET", CONFERENCES + "/{ConferenceSid}", "FetchConference", tags=("Conferences",)),
    Route("GET", PARTICIPANTS, "ListParticipant", tags=("Participants",)),
    Route("GET", PARTICIPANTS + "/{CallSid}", "FetchParticipant", tags=("Participants",)),
    Route("POST", PARTICIPANTS + "/{CallSid}", "UpdateParticipant", tags=("Participants",)),
    Route("GET", CALLS, "ListCall", tags=("Calls",)),
    Route("POST", CALLS, "CreateCall", tags=("Calls",)),
    Route("GET", CALLS + "/{CallSid}", "FetchCall", tags=("Calls",)),
    Route("POST", CALLS + "/{CallSid}", "UpdateCall", tags=("Calls",)),
    Route("GET", CALLS + "/{CallSid}/Recordings", "ListCallRecording", tags=("Recordings",)),
    Route("GET", RECORDINGS, "ListRecording", tags=("Recordings",)),
    Route("GET", RECORDINGS + "/{RecordingSid}", "FetchRecording", tags=("Recordings",)),
    Route("DELETE", RECORDINGS + "/{RecordingSid}", "DeleteRecording", tags=("Recordings",)),
    Route("GET", RECORDINGS + "/{RecordingSid}.wav", "FetchRecordingMedia", tags=("Recordings",)),
)


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
    segments, by_path = split_path(request.path)
    segments = segments[2 if segments[:1] == ["restcomm"] else 1 :]
    shape: Shape = (len(segments), *segments[2::2])
    reads = request.method in ("GET", "HEAD")
    is_sound = shape == _RECORDING and segments[0] == "Accounts" and is_media(segments[3])
    if is_sound and reads and desk.settings.restcomm_open_recordings:
        return await get_media(request, desk, read_account_sid(segments[1]), segments[3])
    caller = await identify(request, desk)
    place = PLACES.get(shape)
    if place is None or segments[0] != "Accounts":
        raise refused(404)
    operation = place.get("GET" if reads else request.method)
    if operation is None or (is_sound and not reads):
        raise refused(405, (("Allow", _allow({"GET": 0} if is_sound else place)),))
    as_json = not is_sound and wants_json(request, by_path)
    account = await open_account(desk.store.read, caller, decode_path(segments[1]), operation.permission)
    if is_sound:
        return await get_media(request, desk, account.id, segments[3])
    segments[3::2] = [decode_path(segment) for segment in segments[3::2]]
    return await operation.handle(Asked(request, desk, caller, account, segments, as_json))


def _allow(methods: Mapping[str, object]) -> str:
    """GET brings HEAD along."""
    return ", ".join("GET, HEAD" if method == "GET" else method for method in methods)
