"""Adding a participant: call somebody, who joins the room when the call is answered.

https://www.twilio.com/docs/voice/api/conference-participant-resource#create-a-participant. The path's conference
is a live one's SID, or a room's name: then the live room of that name, or a new one. Owns the parameters about the
room; those about the call are read in `dialling`.

`EarlyMedia`, on unless it is refused, lets the room hear the ringing or the far end before the answer.
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.sids import read_sid
from hubbub.dialects.twilio import callback_words as words
from hubbub.dialects.twilio.dialling import call_refused, read_call, read_record_wish
from hubbub.dialects.twilio.errors import TwilioError, invalid
from hubbub.dialects.twilio.form import Form, wrong
from hubbub.dialects.twilio.markup_conference import REGIONS, is_label
from hubbub.dialects.twilio.participants import represent
from hubbub.dialects.twilio.representation import instance_response
from hubbub.dialects.twilio.resource import Asked
from hubbub.domain.conference import Beep, validate_name
from hubbub.domain.errors import (
    CoachedCallAbsent,
    CoachedCallHeld,
    ConferenceEnded,
    ConferenceFull,
    InvalidValue,
    LabelTaken,
    NotFound,
    Refusal,
)
from hubbub.domain.ids import CallId, ConferenceId
from hubbub.domain.recording import RecordingSource
from hubbub.markup.instructions import JitterSize, JoinConference, WaitKind, WaitMusic

TIMEOUT_MIN_S: Final = 5
PARTICIPANTS_MIN: Final = 2
PARTICIPANTS_MAX: Final = 250
CONFERENCE_INVALID: Final = 16002
DISPLAY_NAME_LENGTHS: Final = range(2, 256)
BEEPS: Final = {
    "true": Beep.BOTH,
    "false": Beep.NONE,
    "onEnter": Beep.ON_ENTER,
    "onExit": Beep.ON_EXIT,
}
CONFERENCE_EVENTS_DEFAULT: Final = ("start", "end")
RECORDS: Final = ("true", "false", "record-from-start", "do-not-record")
RECORDING_ON: Final = ("true", "record-from-start")


async def add_participant(asked: Asked) -> HttpResponse:
    form = asked.form
    name, conference_id = await _read_room(asked)
    wish = read_call(form, asked.account, timeout_min_s=TIMEOUT_MIN_S)
    for each in ("AsyncAmd", "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod"):
        if form.filled(each) is not None:
            raise TwilioError(400, f"{each} is for calls only", code=21263)
    form.target("AmdStatusCallback", "AmdStatusCallbackMethod")
    join = _read_join(form, name, conference_id)
    record_room = None
    if form.choice("ConferenceRecord", RECORDS, "false") in RECORDING_ON:
        record_room = read_record_wish(form, RecordingSource.CONFERENCE, "Conference")
    wish = wish._replace(display_name=_read_display_name(form))
    try:
        added = await asked.desk.commands.rooms.add(
            wish, join, record_room=record_room, early_media=form.flag("EarlyMedia") is not False
        )
    except Refusal as refusal:
        raise _refused(refusal) from None
    instance = dict(await represent(asked, added.conference, added.member))
    instance["queue_time"] = str(added.queue_time_ms)
    return instance_response("Participant", instance, asked.suffix, status=201)


async def _read_room(asked: Asked) -> tuple[str, ConferenceId | None]:
    """The name of the room, or the id of the live one."""
    key = asked.keys[0]
    sid = read_sid("CF", key)
    if sid is None:
        try:
            return validate_name(key), None
        except InvalidValue as refusal:
            raise TwilioError(400, f"Invalid conference: {refusal}", code=16003) from None
    conference = await asked.desk.store.read.conference(ConferenceId(sid))
    if conference is None or conference.account_id != asked.account.id or not conference.is_live:
        raise _not_live(key)
    return "", conference.id


def _read_join(form: Form, name: str, conference_id: ConferenceId | None) -> JoinConference:
    label = form.filled("Label")
    if label is not None and not is_label(label):
        raise wrong("Label", "it has at most 128 characters, no slash, and is no call's SID", 16024)
    target = form.target("ConferenceStatusCallback", "ConferenceStatusCallbackMethod")
    events = form.words("ConferenceStatusCallbackEvent", words.CONFERENCE_EVENTS, CONFERENCE_EVENTS_DEFAULT)
    beep = form.choice("Beep", BEEPS, "true", code=CONFERENCE_INVALID)
    jitter = form.choice("JitterBufferSize", tuple(JitterSize), JitterSize.LARGE, code=CONFERENCE_INVALID)
    coached = read_coached(form)
    return JoinConference(
        name=name,
        conference_id=conference_id,
        muted=form.flag("Muted") or False,
        coached=coached or (),
        coached_must_be_present=True,
        start_on_enter=form.flag("StartConferenceOnEnter") is not False,
        end_on_exit=form.flag("EndConferenceOnExit") or False,
        label=label,
        beep=BEEPS[beep or "true"],
        max_participants=form.number(
            "MaxParticipants", PARTICIPANTS_MIN, PARTICIPANTS_MAX, code=CONFERENCE_INVALID
        ),
        region=form.choice("Region", REGIONS, code=CONFERENCE_INVALID),
        jitter=JitterSize(jitter or JitterSize.LARGE),
        wait=read_music(form, "WaitUrl", "WaitMethod", "POST") or WaitMusic(),
        hang_up_when_evicted=True,
        callbacks=words.wish(words.CONFERENCE, target, events),
    )


def read_coached(form: Form) -> tuple[CallId, ...] | None:
    """Whom to coach: nobody where that is said, None where nothing is.

    Raises:
        TwilioError: 400 with code 16000 for a wish to coach that names no call.
    """
    coaching, sid = form.flag("Coaching"), form.filled("CallSidToCoach")
    if coaching is False:
        return ()
    if sid is None:
        if coaching:
            raise TwilioError(400, "Coaching needs CallSidToCoach", code=16000)
        return None
    digits = read_sid("CA", sid)
    if digits is None:
        raise TwilioError(400, f"CallSidToCoach {sid[:80]!r} is no call in the conference", code=16028)
    return (CallId(digits),)


def read_music(form: Form, name: str, method_name: str, default_method: str) -> WaitMusic | None:
    """What to hear: of a URL, or silence where the URL is empty; None where none was sent."""
    method = form.method(method_name, default_method)
    text = form.text(name)
    if text is None:
        return None
    target = form.target(name, method_name, default_method)
    if target is None:
        return WaitMusic(WaitKind.SILENCE)
    return WaitMusic(WaitKind.URL, target._replace(method=method))


def _read_display_name(form: Form) -> str | None:
    name = form.filled("CallerDisplayName")
    if name is not None and (len(name) not in DISPLAY_NAME_LENGTHS or any(ch < " " for ch in name)):
        raise invalid("CallerDisplayName", "it has 2 to 255 characters, and no control characters")
    return name


def _not_live(key: str) -> TwilioError:
    return TwilioError(404, f"The conference {key} does not exist or is over", code=16022)


def coaching_refused(refusal: CoachedCallAbsent | CoachedCallHeld) -> TwilioError:
    return TwilioError(400, str(refusal), code=16028 if isinstance(refusal, CoachedCallAbsent) else 16027)


def _refused(refusal: Refusal) -> TwilioError:
    match refusal:
        case CoachedCallAbsent() | CoachedCallHeld():
            return coaching_refused(refusal)
        case LabelTaken():
            return TwilioError(400, str(refusal), code=16026)
        case ConferenceFull():
            return TwilioError(400, str(refusal), code=16020)
        case ConferenceEnded():
            return _not_live("")
        case NotFound(noun="conference"):
            return _not_live(refusal.key)
        case InvalidValue(field="name"):
            return TwilioError(400, str(refusal), code=16003)
        case _:
            return call_refused(refusal)
