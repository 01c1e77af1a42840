"""Twilio's REST API, version 2010-04-01: from a path to a handler.

Owns the table of what is served and the order of the checks: who asks, whose account, which resource, which
method, which SID. Leaves each resource to the file of its name.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.permissions import (
    CREATE_CALLS,
    CREATE_RECORDINGS,
    DELETE_CALLS,
    DELETE_RECORDINGS,
    MODIFY_CALLS,
    MODIFY_CONFERENCES,
    MODIFY_RECORDINGS,
    READ_CALLS,
    READ_CONFERENCES,
    READ_RECORDINGS,
)
from hubbub.dialects.shared.query import decode_path
from hubbub.dialects.twilio import (
    add_participant,
    auth,
    calls,
    change_call,
    change_conference,
    change_participant,
    conferences,
    insights,
    owned_recordings,
    participants,
    place_call,
    recording_media,
    recordings,
)
from hubbub.dialects.twilio.errors import TwilioError, error_response, not_allowed, not_found
from hubbub.dialects.twilio.form import Form, read_form
from hubbub.dialects.twilio.representation import split_suffix
from hubbub.dialects.twilio.resource import API_VERSION, Asked
from hubbub.dialects.twilio.routes import ROUTES
from hubbub.domain.account import Account
from hubbub.services.accounts.authenticate import Caller

Handler = Callable[[Asked], Awaitable[HttpResponse]]
Methods = dict[str, tuple[str, Handler]]
"""Method to the permission it needs and who answers it."""


_OWNED: Final[Methods] = {
    "GET": (READ_RECORDINGS, owned_recordings.list_owned),
    "POST": (CREATE_RECORDINGS, owned_recordings.start_owned),
}
_OWNED_ONE: Final[Methods] = {
    "GET": (READ_RECORDINGS, owned_recordings.fetch_owned),
    "POST": (MODIFY_RECORDINGS, owned_recordings.update_owned),
    "DELETE": (DELETE_RECORDINGS, owned_recordings.delete_owned),
}
RESOURCES: Final[dict[tuple[str | None, ...], Methods]] = {
    ("Conferences",): {"GET": (READ_CONFERENCES, conferences.list_conferences)},
    ("Conferences", None): {
        "GET": (READ_CONFERENCES, conferences.fetch_conference),
        "POST": (MODIFY_CONFERENCES, change_conference.update_conference),
    },
    ("Conferences", None, "Participants"): {
        "GET": (READ_CALLS, participants.list_participants),
        "POST": (CREATE_CALLS, add_participant.add_participant),
    },
    ("Conferences", None, "Participants", None): {
        "GET": (READ_CALLS, participants.fetch_participant),
        "POST": (MODIFY_CALLS, change_participant.update_participant),
        "DELETE": (MODIFY_CALLS, change_participant.delete_participant),
    },
    ("Conferences", None, "Recordings"): _OWNED,
    ("Conferences", None, "Recordings", None): _OWNED_ONE,
    ("Recordings",): {"GET": (READ_RECORDINGS, recordings.list_recordings)},
    ("Recordings", None): {
        "GET": (READ_RECORDINGS, recordings.fetch_recording),
        "DELETE": (DELETE_RECORDINGS, recordings.delete_recording),
    },
    ("Calls",): {
        "GET": (READ_CALLS, calls.list_calls),
        "POST": (CREATE_CALLS, place_call.create_call),
    },
    ("Calls", None): {
        "GET": (READ_CALLS, calls.fetch_call),
        "POST": (MODIFY_CALLS, change_call.update_call),
        "DELETE": (DELETE_CALLS, change_call.delete_call),
    },
    ("Calls", None, "Recordings"): _OWNED,
    ("Calls", None, "Recordings", None): _OWNED_ONE,
}
"""Segments below the account to what is there; None stands for a key."""
MEDIA: Final[Methods] = {
    "GET": (READ_RECORDINGS, recording_media.fetch_media),
    "DELETE": (DELETE_RECORDINGS, recordings.delete_recording),
}
"""A recording whose path asks for its sound: without a suffix too, which is XML everywhere else."""
INSIGHTS: Final[dict[tuple[str | None, ...], Methods]] = {
    ("Conferences",): {"GET": (READ_CONFERENCES, insights.list_conferences)},
    ("Conferences", None): {"GET": (READ_CONFERENCES, insights.fetch_conference)},
    ("Conferences", None, "Participants"): {"GET": (READ_CALLS, insights.list_participants)},
    ("Conferences", None, "Participants", None): {"GET": (READ_CALLS, insights.fetch_participant)},
}
"""Segments below `/v1`, where the account is the caller's own."""
NO_FORM: Final = Form([])


class TwilioDialect:
    name = "twilio"
    prefixes = (f"/{API_VERSION}", insights.ROOT)
    routes = ROUTES

    async def handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        stem, suffix = split_suffix(request.path)
        is_insights = request.path.startswith(insights.ROOT)
        try:
            if is_insights:
                return await self._insights(request, desk)
            return await self._handle(request, desk, stem, suffix)
        except TwilioError as error:
            return error_response(error, ".json" if is_insights else suffix)

    async def _handle(self, request: HttpRequest, desk: Desk, stem: str, suffix: str) -> HttpResponse:
        # "", version, "Accounts", sid, then what is below the account.
        segments = stem.split("/")
        if len(segments) < 4 or segments[1] != API_VERSION or segments[2] != "Accounts":
            raise not_found(request.path)
        reader = desk.store.read
        caller = await auth.identify(request, reader)
        account = await auth.open_account(reader, caller, segments[3])
        below = segments[4:]
        pattern = _pattern(below)
        methods = RESOURCES.get(pattern)
        if pattern == ("Recordings", None) and not suffix:
            methods = MEDIA
        return await self._answer(request, desk, caller, account, below, methods, suffix)

    async def _insights(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        caller = await auth.identify(request, desk.store.read)
        below = request.path.split("/")[2:]
        methods = INSIGHTS.get(_pattern(below))
        return await self._answer(request, desk, caller, caller.account, below, methods, ".json")

    async def _answer(
        self,
        request: HttpRequest,
        desk: Desk,
        caller: Caller,
        account: Account,
        below: list[str],
        methods: Methods | None,
        suffix: str,
    ) -> HttpResponse:
        if methods is None or "" in below:
            raise not_found(request.path)
        found = methods.get(request.method)
        if found is None:
            raise not_allowed(tuple(methods))
        permission, handler = found
        await auth.require(desk.store.read, caller, permission)
        keys = tuple([decode_path(key) for key in below[1::2]])
        form = read_form(request) if request.method == "POST" else NO_FORM
        asked = Asked(
            desk, caller, account, below[0], keys, request.query, request.path, suffix, request, form
        )
        return await handler(asked)

    async def identify(self, request: HttpRequest, desk: Desk) -> Caller | None:
        try:
            return await auth.identify(request, desk.store.read)
        except TwilioError:
            return None

    def refuse(self, request: HttpRequest, status: int, reason: str) -> HttpResponse:
        suffix = ".json" if request.path.startswith(insights.ROOT) else split_suffix(request.path)[1]
        return error_response(TwilioError(status, reason), suffix)


def _pattern(below: list[str]) -> tuple[str | None, ...]:
    """Segments with None in place of each key."""
    return tuple(None if index % 2 else segment for index, segment in enumerate(below))
