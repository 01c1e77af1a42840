"""Twilio's REST API, version 2010-04-01: from a path to a handler.

Owns the table of what is served and the order of the checks: who asks, whose account, which resource, which
method, which SID. Leaves each resource to the file of its name.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse, Route
from hubbub.dialects.shared.query import decode_path
from hubbub.dialects.twilio import auth, calls, conferences, participants, recordings
from hubbub.dialects.twilio.errors import TwilioError, error_response, not_allowed, not_found
from hubbub.dialects.twilio.representation import split_suffix
from hubbub.dialects.twilio.resource import API_VERSION, Asked

Handler = Callable[[Asked], Awaitable[HttpResponse]]
READ_CONFERENCES: Final = "RestComm:Read:Conferences"
READ_CALLS: Final = "RestComm:Read:Calls"
READ_RECORDINGS: Final = "RestComm:Read:Recordings"
"""The permission language came with Restcomm's roles; they hold whichever API an account uses."""

BASE: Final = f"/{API_VERSION}/Accounts/{{AccountSid}}"


class Resource(NamedTuple):
    get: Handler | None
    """None: known, and answered as a method that is not allowed."""
    permission: str


RESOURCES: Final[dict[tuple[str | None, ...], Resource]] = {
    ("Conferences",): Resource(conferences.list_conferences, READ_CONFERENCES),
    ("Conferences", None): Resource(conferences.fetch_conference, READ_CONFERENCES),
    ("Conferences", None, "Participants"): Resource(participants.list_participants, READ_CALLS),
    ("Conferences", None, "Participants", None): Resource(participants.fetch_participant, READ_CALLS),
    ("Conferences", None, "Recordings"): Resource(recordings.list_conference_recordings, READ_RECORDINGS),
    ("Conferences", None, "Recordings", None): Resource(
        recordings.fetch_conference_recording, READ_RECORDINGS
    ),
    ("Recordings",): Resource(recordings.list_recordings, READ_RECORDINGS),
    ("Recordings", None): Resource(recordings.fetch_recording, READ_RECORDINGS),
    ("Calls",): Resource(None, READ_CALLS),
    ("Calls", None): Resource(calls.fetch_call, READ_CALLS),
}
"""Segments below the account to what is there; None stands for a key."""

ROUTES: Final = (
    Route("GET", f"{BASE}/Conferences.json", "ListConference"),
    Route("GET", f"{BASE}/Conferences/{{Sid}}.json", "FetchConference"),
    Route("GET", f"{BASE}/Conferences/{{ConferenceSid}}/Participants.json", "ListParticipant"),
    Route("GET", f"{BASE}/Conferences/{{ConferenceSid}}/Participants/{{CallSid}}.json", "FetchParticipant"),
    Route(
        "GET",
        f"{BASE}/Conferences/{{ConferenceSid}}/Recordings.json",
        "ListConferenceRecording",
        "Always empty: nothing is recorded yet.",
    ),
    Route(
        "GET",
        f"{BASE}/Conferences/{{ConferenceSid}}/Recordings/{{Sid}}.json",
        "FetchConferenceRecording",
        "Always 404: nothing is recorded yet.",
    ),
    Route("GET", f"{BASE}/Recordings.json", "ListRecording", "Always empty: nothing is recorded yet."),
    Route("GET", f"{BASE}/Recordings/{{Sid}}.json", "FetchRecording", "Always 404: nothing is recorded yet."),
    Route("GET", f"{BASE}/Calls/{{Sid}}.json", "FetchCall"),
)


class TwilioDialect:
    name = "twilio"
    prefixes = (f"/{API_VERSION}",)
    routes = ROUTES

    async def handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        stem, suffix = split_suffix(request.path)
        try:
            return await self._handle(request, desk, stem, suffix)
        except TwilioError as error:
            return error_response(error, suffix)

    async def _handle(self, request: HttpRequest, desk: Desk, stem: str, suffix: str) -> HttpResponse:
        # "", version, "Accounts", sid, then what is below the account.
        segments = stem.split("/")
        if len(segments) < 4 or segments[1] != API_VERSION or segments[2] != "Accounts":
            raise not_found(request.path)
        reader = desk.store.read
        caller = await auth.identify(request, reader)
        account = await auth.open_account(reader, caller, segments[3])
        below = segments[4:]
        pattern = tuple(None if index % 2 else segment for index, segment in enumerate(below))
        resource = RESOURCES.get(pattern)
        if resource is None or "" in below:
            raise not_found(request.path)
        if request.method != "GET" or resource.get is None:
            raise not_allowed(("GET",) if resource.get is not None else ())
        await auth.require(reader, caller, resource.permission)
        keys = tuple([decode_path(key) for key in below[1::2]])
        return await resource.get(Asked(desk, caller, account, keys, request.query, request.path, suffix))

    def refuse(self, request: HttpRequest, status: int, reason: str) -> HttpResponse:
        return error_response(TwilioError(status, reason), split_suffix(request.path)[1])
