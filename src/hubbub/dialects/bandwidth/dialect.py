"""Bandwidth's Voice API v2: which request goes where.

Dispatch is by position in the path and by one look-up, not by a row of patterns. Double and trailing slashes
are ignored, since the vendor's samples and suites send both and a redirect would lose a body.

Bandwidth API reference, "Voice"; base path `/api/v2`, tokens at `/api/v1/oauth2/token`.
"""

from typing import Final

from hubbub.dialects.bandwidth import conferences, participants, recordings
from hubbub.dialects.bandwidth.auth import give_token, identify, open_account, require
from hubbub.dialects.bandwidth.errors import Refused, error
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse, Route
from hubbub.dialects.shared.query import decode_path

READ_CONFERENCES: Final = "RestComm:Read:Conferences"
READ_MEMBERS: Final = "RestComm:Read:Calls"
READ_RECORDINGS: Final = "RestComm:Read:Recordings"
"""What an account's role must allow. Bandwidth itself knows "voice access" only; these are the words that
roles are written in on this server, so that one role means the same in every dialect."""

ACCOUNT: Final = "/accounts/{accountId}"
CONFERENCE: Final = ACCOUNT + "/conferences/{conferenceId}"

ROUTES: Final = (
    Route("GET", ACCOUNT + "/conferences", "listConferences", tags=("Conferences",)),
    Route("GET", CONFERENCE, "getConference", tags=("Conferences",)),
    Route("GET", CONFERENCE + "/members/{memberId}", "getConferenceMember", tags=("Conferences",)),
    Route(
        "GET",
        CONFERENCE + "/recordings",
        "listConferenceRecordings",
        "always empty: nothing is recorded yet",
        ("Conferences",),
    ),
    Route(
        "GET",
        CONFERENCE + "/recordings/{recordingId}",
        "getConferenceRecording",
        "always 404: nothing is recorded yet",
        ("Conferences",),
    ),
    Route(
        "GET",
        CONFERENCE + "/recordings/{recordingId}/media",
        "downloadConferenceRecording",
        "always 404: nothing is recorded yet",
        ("Conferences",),
    ),
    Route("POST", "/oauth2/token", "getOAuth2Token", "below /api/v1; client credentials only", ("OAuth2",)),
)

_LIST: Final = "list"
_GET: Final = "get"
_MEMBER: Final = "member"
_RECORDINGS: Final = "recordings"
_RECORDING: Final = "recording"

_TARGETS: Final = {
    (3, ""): (_LIST, READ_CONFERENCES),
    (4, ""): (_GET, READ_CONFERENCES),
    (6, "members"): (_MEMBER, READ_MEMBERS),
    (5, "recordings"): (_RECORDINGS, READ_RECORDINGS),
    (6, "recordings"): (_RECORDING, READ_RECORDINGS),
    (7, "recordings"): (_RECORDING, READ_RECORDINGS),
}
"""Segments below the base path, and the fifth of them, to what answers and the permission it takes."""

_ALLOW_READING: Final = (("Allow", "GET, HEAD"),)
_ALLOW_POSTING: Final = (("Allow", "POST"),)


class BandwidthDialect:
    """Satisfies `hubbub.dialects.contract.Dialect`."""

    name = "bandwidth"
    prefixes = ("/api/v2", "/api/v1")
    routes = ROUTES

    async def handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        try:
            return await _answer(request, desk)
        except Refused as refused:
            return refused.response

    def refuse(self, request: HttpRequest, status: int, reason: str) -> HttpResponse:
        return error(status, reason)


async def _answer(request: HttpRequest, desk: Desk) -> HttpResponse:
    segments = [segment for segment in request.path.split("/") if segment][1:]
    if segments == ["v1", "oauth2", "token"]:
        if request.method != "POST":
            return error(405, headers=_ALLOW_POSTING)
        return await give_token(request, desk)
    caller = await identify(request, desk)
    if len(segments) < 3 or segments[0] != "v2" or segments[1] != "accounts":
        return error(404)
    reader = desk.store.read
    account = await open_account(reader, caller, decode_path(segments[2]))
    below = segments[1:]
    count = len(below)
    target = _TARGETS.get((count, below[4] if count > 4 else ""))
    if target is None or below[2] != "conferences" or (count == 7 and below[6] != "media"):
        return error(404)
    kind, permission = target
    await require(reader, caller, permission)
    if request.method != "GET" and request.method != "HEAD":
        return error(405, headers=_ALLOW_READING)
    if kind is _LIST:
        return await conferences.list_conferences(request, desk, account)
    if kind is _RECORDINGS:
        return recordings.list_recordings()
    if kind is _RECORDING:
        raise recordings.missing(decode_path(below[5]))
    conference_id = decode_path(below[3])
    if kind is _GET:
        return await conferences.get_conference(request, desk, account, conference_id)
    conference = await conferences.find(desk, account, conference_id)
    return await participants.get_member(request, desk, account, conference, decode_path(below[5]))
