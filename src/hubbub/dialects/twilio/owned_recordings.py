"""Recordings of one conference, and of one call: list, start, fetch, pause, resume, stop, delete.

https://www.twilio.com/docs/voice/api/conference-recording-resource and
https://www.twilio.com/docs/voice/api/recording#call-recordings. `Twilio.CURRENT` stands for the one recording that
runs. Starting a conference's recording is beyond the vendor, and so is stopping one, which the setting `strict`
refuses as the vendor does.
"""

from typing import Final, NamedTuple

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.twilio.calls import find_call
from hubbub.dialects.twilio.conferences import find_conference
from hubbub.dialects.twilio.dialling import read_record_wish
from hubbub.dialects.twilio.errors import TwilioError, invalid, not_found
from hubbub.dialects.twilio.ids import call_sid, path_segment
from hubbub.dialects.twilio.paging import read_paging
from hubbub.dialects.twilio.parameters import read_days
from hubbub.dialects.twilio.recordings import (
    DATES,
    KEPT,
    KEYS,
    find_recording,
    page_of_recordings,
    remove,
    represent,
)
from hubbub.dialects.twilio.representation import Instance, instance_response
from hubbub.dialects.twilio.resource import Asked, account_uri, conference_uri
from hubbub.domain.errors import Conflict, NotFound, Refusal, ServerFull
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import Recording, RecordingSource, RecordingState

CURRENT: Final = "Twilio.CURRENT"
AMBIGUOUS: Final = 16108
NOT_ACTIVE: Final = 16001
NOT_IN_PROGRESS: Final = 21220
OPEN: Final = frozenset({RecordingState.IN_PROGRESS, RecordingState.PAUSED})
STATUSES: Final = ("paused", "in-progress", "stopped")
PAUSES: Final = ("silence", "skip")
CALL_KEYS: Final = (*KEYS, "track")


class Owner(NamedTuple):
    """The conference or the call of the path."""

    uri: str
    """Of its recordings."""
    conference_id: ConferenceId | None
    call_id: CallId | None

    @property
    def keys(self) -> tuple[str, ...]:
        return KEYS if self.call_id is None else CALL_KEYS

    def query(self, asked: Asked, states: frozenset[RecordingState]) -> RecordingQuery:
        return RecordingQuery(
            frozenset({asked.account.id}),
            conference_id=self.conference_id,
            call_id=self.call_id,
            of_conferences=self.call_id is None,
            states=states,
        )

    def has(self, recording: Recording) -> bool:
        if self.conference_id is not None:
            return recording.conference_id == self.conference_id
        return recording.conference_id is None and recording.call_id == self.call_id


async def find_owner(asked: Asked) -> Owner:
    """Raises TwilioError, 404 or 405, where the path names none."""
    if asked.collection == "Conferences":
        conference = await find_conference(asked)
        uri = conference_uri(conference.account_id, conference.id) + "/Recordings"
        return Owner(uri, conference.id, None)
    call = await find_call(asked)
    uri = f"{account_uri(call.account_id)}/Calls/{path_segment(call_sid(call))}/Recordings"
    return Owner(uri, None, call.id)


async def list_owned(asked: Asked) -> HttpResponse:
    owner = await find_owner(asked)
    pairs, parameters = asked.parameters
    created = read_days(parameters, "DateCreated")
    query = owner.query(asked, KEPT)._replace(
        created_from_ms=created.from_ms, created_until_ms=created.until_ms
    )
    paging = read_paging(pairs, parameters, DATES, "RE")
    return await page_of_recordings(asked, query, paging, owner.uri, owner.keys)


async def fetch_owned(asked: Asked) -> HttpResponse:
    owner = await find_owner(asked)
    recording = await _find(asked, owner)
    return await _answer(asked, owner, recording, at_rest=True)


async def start_owned(asked: Asked) -> HttpResponse:
    owner = await find_owner(asked)
    commands = asked.desk.commands.recordings
    try:
        if owner.conference_id is not None:
            wish = read_record_wish(asked.form, RecordingSource.CONFERENCE_COMMAND)
            recording = await commands.start_conference(owner.conference_id, wish)
        else:
            assert owner.call_id is not None
            wish = read_record_wish(asked.form, RecordingSource.CALL_COMMAND)
            recording = await commands.start_call(owner.call_id, wish)
    except NotFound:
        raise not_found(asked.path) from None
    except Conflict as refusal:
        code = NOT_IN_PROGRESS if owner.call_id is not None else NOT_ACTIVE
        raise TwilioError(400, str(refusal), code=code) from None
    except ServerFull as refusal:
        raise TwilioError(503, str(refusal), headers=(("Retry-After", "5"),)) from None
    except Refusal as refusal:
        raise TwilioError(400, str(refusal)) from None
    return await _answer(asked, owner, recording, status=201)


async def update_owned(asked: Asked) -> HttpResponse:
    owner = await find_owner(asked)
    form = asked.form
    status = form.choice("Status", STATUSES)
    if status is None:
        raise invalid("Status", f"it is one of {', '.join(STATUSES)}")
    # It means something for a pause alone, and is looked at for a pause alone.
    skip = status == "paused" and form.choice("PauseBehavior", PAUSES, "silence") == "skip"
    if status == "stopped" and owner.conference_id is not None and asked.desk.settings.strict:
        raise invalid("Status", "a conference's recording cannot be stopped")
    recording = await _find(asked, owner)
    commands = asked.desk.commands.recordings
    try:
        if status == "paused":
            recording = await commands.pause(recording.id, skip=skip)
        elif status == "in-progress":
            recording = await commands.resume(recording.id)
        else:
            recording = await commands.stop(recording.id)
    except NotFound:
        raise not_found(asked.path) from None
    except Refusal as refusal:
        raise TwilioError(400, str(refusal), code=NOT_IN_PROGRESS) from None
    return await _answer(asked, owner, recording, said=status)


async def delete_owned(asked: Asked) -> HttpResponse:
    owner = await find_owner(asked)
    return await remove(asked, await _find(asked, owner))


async def _find(asked: Asked, owner: Owner) -> Recording:
    key = asked.keys[1]
    if key == CURRENT:
        page = await asked.desk.store.read.recordings(owner.query(asked, OPEN), PageRequest(2))
        if len(page.items) > 1:
            raise TwilioError(400, f"{CURRENT} is ambiguous: more than one recording runs", code=AMBIGUOUS)
        if not page.items:
            raise not_found(asked.path)
        return page.items[0]
    recording = await find_recording(asked, key)
    if not owner.has(recording) or recording.state is RecordingState.DELETED:
        raise not_found(asked.path)
    return recording


async def _answer(
    asked: Asked,
    owner: Owner,
    recording: Recording,
    *,
    status: int = 200,
    at_rest: bool = False,
    said: str | None = None,
) -> HttpResponse:
    """
    Args:
        said: the status that was asked for and has been reached: a recording that was stopped is told so once.
    """
    fields = await represent(asked.desk.store.read, recording, owner.uri, at_rest=at_rest)
    instance: Instance = fields if owner.call_id is None else {**fields, "track": recording.track}
    if said == "stopped":
        instance = {**instance, "status": said}
    return instance_response("Recording", instance, asked.suffix, status=status)
