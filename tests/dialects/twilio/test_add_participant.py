"""POST Participants: call somebody into a room."""

from dataclasses import replace
from typing import Any

import pytest

from dialects.acting_commands import NOW, QUEUE_TIME_MS, ActingCommands
from dialects.cast import ACME, ALICE, BOB, GLOBEX, STANDUP, call, conference, enter, participant, standup
from dialects.twilio_asking import ROOMS, ask, made, post, read, refusal
from hubbub.dialects.contract import Desk
from hubbub.dialects.shared.dates import rfc2822
from hubbub.domain.application import WebTarget
from hubbub.domain.conference import Beep
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import (
    CoachedCallAbsent,
    CoachedCallHeld,
    ConferenceEnded,
    ConferenceFull,
    InvalidValue,
    LabelTaken,
    NotFound,
    ServerDraining,
    ServerFull,
)
from hubbub.domain.events import EventKind
from hubbub.domain.recording import Layout, RecordingSource
from hubbub.markup.instructions import JitterSize, JoinConference, WaitKind, WaitMusic
from hubbub.services.commands import CallWish, RecordWish

NEW = f"{ROOMS}/My%20Room/Participants.json"
LIVE = f"{ROOMS}/CF{STANDUP}/Participants.json"
TO = "From=%2B15551112345&To=%2B15559998765"


async def added(desk: Desk, acting: ActingCommands, form: str) -> tuple[CallWish, JoinConference, Any]:
    """What the commands were asked after a form that adds."""
    made(await post(desk, NEW, f"{TO}&{form}"))
    name, (wish, join), more = acting.last
    assert name == "add"
    return wish, join, more["record_room"]


async def test_somebody_is_called_into_a_room_that_is_made(desk: Desk, acting: ActingCommands) -> None:
    said = made(await post(desk, NEW, TO))
    assert said["status"] == "queued"
    assert said["queue_time"] == str(QUEUE_TIME_MS)
    assert (said["muted"], said["hold"], said["coaching"], said["label"]) == (False, False, False, None)
    assert (said["start_conference_on_enter"], said["end_conference_on_exit"]) == (True, False)
    assert said["date_created"] == rfc2822(NOW)
    room = read(await ask(desk, f"{ROOMS}/{said['conference_sid']}.json"))
    assert (room["friendly_name"], room["status"]) == ("My Room", "init")
    [listed] = read(await ask(desk, f"{ROOMS}/{said['conference_sid']}/Participants.json"))["participants"]
    assert listed == {**said, "queue_time": None}
    wish, join = acting.last[1]
    assert wish == CallWish(
        account=wish.account, to="+15559998765", from_="+15551112345", dialect="twilio", timeout_s=65.0
    )
    assert wish.account.id == ACME
    assert join == JoinConference(
        name="My Room",
        beep=Beep.BOTH,
        coached_must_be_present=True,
        jitter=JitterSize.LARGE,
        hang_up_when_evicted=True,
    )


async def test_a_live_conference_is_joined_by_sid_or_by_name(
    desk: Desk, store: Any, acting: ActingCommands
) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))
    for path in (LIVE, f"{ROOMS}/standup/Participants.json"):
        assert made(await post(desk, path, TO))["conference_sid"] == f"CF{STANDUP}"
    assert [join.conference_id for _, (_, join), _ in acting.asked] == [STANDUP, None]
    assert len(read(await ask(desk, LIVE))["participants"]) == 3


@pytest.mark.parametrize("key", ["CF" + "9" * 32, f"CF{STANDUP}", f"CF{1:032x}"])
async def test_a_sid_of_a_room_that_is_over_unknown_or_foreign_is_refused(
    desk: Desk, store: Any, key: str
) -> None:
    await enter(store, standup(account_id=GLOBEX), conference(1))
    assert refusal(await post(desk, f"{ROOMS}/{key}/Participants.json", TO))[:2] == (404, 16022)


@pytest.mark.parametrize("name", ["x" * 129, "a%0Ab"])
async def test_a_name_that_no_room_may_have_is_refused(desk: Desk, name: str) -> None:
    assert refusal(await post(desk, f"{ROOMS}/{name}/Participants.json", TO))[:2] == (400, 16003)


async def test_flags_of_the_room(desk: Desk, acting: ActingCommands) -> None:
    _, join, _ = await added(
        desk,
        acting,
        "Muted=TRUE&StartConferenceOnEnter=False&EndConferenceOnExit=true&Label=customer&Beep=onEnter"
        "&MaxParticipants=2&Region=ie1&JitterBufferSize=small&EarlyMedia=false",
    )
    assert (join.muted, join.start_on_enter, join.end_on_exit) == (True, False, True)
    assert (join.label, join.beep, join.max_participants) == ("customer", Beep.ON_ENTER, 2)
    assert (join.region, join.jitter) == ("ie1", JitterSize.SMALL)


@pytest.mark.parametrize(
    ("form", "music"),
    [
        ("", WaitMusic()),
        ("WaitUrl=", WaitMusic(WaitKind.SILENCE)),
        ("WaitUrl=http%3A%2F%2Fa.example%2Fm", WaitMusic(WaitKind.URL, WebTarget("http://a.example/m"))),
        (
            "WaitUrl=https%3A%2F%2Fa.example%2Fm&WaitMethod=get",
            WaitMusic(WaitKind.URL, WebTarget("https://a.example/m", "GET")),
        ),
    ],
)
async def test_an_empty_wait_url_is_silence_and_none_is_music(
    desk: Desk, acting: ActingCommands, form: str, music: WaitMusic
) -> None:
    assert (await added(desk, acting, form))[1].wait == music


@pytest.mark.parametrize(
    ("form", "coached"),
    [
        (f"Coaching=true&CallSidToCoach=CA{BOB}", (BOB,)),
        (f"CallSidToCoach=CA{BOB}", (BOB,)),
        (f"Coaching=false&CallSidToCoach=CA{BOB}", ()),
        ("", ()),
    ],
)
async def test_a_sid_alone_means_to_coach(
    desk: Desk, acting: ActingCommands, store: Any, form: str, coached: Any
) -> None:
    await enter(store, standup(name="My Room"), call(BOB), participant(BOB))
    assert (await added(desk, acting, form))[1].coached == coached


async def test_how_to_call(desk: Desk, acting: ActingCommands) -> None:
    wish, _, _ = await added(
        desk,
        acting,
        "Timeout=5&TimeLimit=3600&SipAuthUsername=al&SipAuthPassword=s%26p&CallerDisplayName=Acme+Desk"
        "&CallerId=%2B15550001111&MachineDetection=Enable&MachineDetectionTimeout=30&Byoc=BY1&CallToken=x"
        "&CallReason=y&RecordingConfigurationId=z&EmergencyName=q",
    )
    assert (wish.timeout_s, wish.time_limit_s) == (10.0, 3600)
    assert (wish.username, wish.password, wish.display_name) == ("al", "s&p", "Acme Desk")
    assert wish.from_ == "+15550001111"


@pytest.mark.parametrize(
    ("to", "kept"),
    [
        ("%2B1+(555)+999-8765", "+15559998765"),
        ("sip:bob@192.0.2.1:5070;transport=tcp?x-foo=bar", "sip:bob@192.0.2.1:5070;transport=tcp?x-foo=bar"),
        ("client:bob?mycustomparam=1%26b%3D2", "client:bob?mycustomparam=1&b=2"),
        ("5551234", "5551234"),
    ],
)
async def test_numbers_addresses_and_clients_can_be_called(
    desk: Desk, acting: ActingCommands, to: str, kept: str
) -> None:
    made(await post(desk, NEW, f"From=%2B15551112345&To={to}"))
    assert acting.last[1][0].to == kept


@pytest.mark.parametrize("caller", ["client:alice", "alice", "%2B15551112345", "sip:alice@a.example"])
async def test_a_client_or_a_sip_user_may_call_their_like(
    desk: Desk, acting: ActingCommands, caller: str
) -> None:
    made(await post(desk, NEW, f"From={caller}&To=client:bob"))


CALLED_AT = WebTarget("http://a.example/calls")


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        ("", {EventKind.CALL_ENDED}),
        ("&StatusCallbackEvent=ringing", {EventKind.CALL_RANG}),
        (
            "&StatusCallbackEvent=initiated&StatusCallbackEvent=answered+completed",
            {EventKind.CALL_PLACED, EventKind.CALL_ANSWERED, EventKind.CALL_ENDED},
        ),
    ],
)
async def test_events_of_the_call_come_as_repeated_keys_or_words(
    desk: Desk, acting: ActingCommands, events: str, kinds: set[EventKind]
) -> None:
    wish, _, _ = await added(desk, acting, f"StatusCallback=http%3A%2F%2Fa.example%2Fcalls{events}")
    assert wish.callbacks == (SubscriptionWish("call", frozenset(kinds), CALLED_AT),)


async def test_who_wants_to_hear_of_the_conference(desk: Desk, acting: ActingCommands) -> None:
    form = "ConferenceStatusCallback=http%3A%2F%2Fa.example%2Fcalls"
    _, join, _ = await added(desk, acting, form)
    started_and_ended = frozenset({EventKind.CONFERENCE_STARTED, EventKind.CONFERENCE_ENDED})
    assert join.callbacks == (SubscriptionWish("conference", started_and_ended, CALLED_AT),)
    more = f"{form}&ConferenceStatusCallbackMethod=GET&ConferenceStatusCallbackEvent=join"
    _, join, _ = await added(desk, acting, more)
    joined = frozenset({EventKind.PARTICIPANT_JOINED})
    assert join.callbacks == (SubscriptionWish("conference", joined, CALLED_AT._replace(method="GET")),)


async def test_recording_the_leg_and_the_room(desk: Desk, acting: ActingCommands) -> None:
    completed = SubscriptionWish("recording", frozenset({EventKind.RECORDING_COMPLETED}), CALLED_AT)
    url = "http%3A%2F%2Fa.example%2Fcalls"
    wish, _, room = await added(
        desk,
        acting,
        f"Record=true&RecordingChannels=dual&RecordingTrack=inbound&Trim=do-not-trim&RecordingStatusCallback={url}",
    )
    assert room is None
    leg = RecordWish(
        RecordingSource.OUTBOUND_CALL,
        layout=Layout.STEREO,
        track="inbound",
        callbacks=(completed,),
        dialect="twilio",
    )
    assert wish.record == leg
    wish, _, room = await added(
        desk,
        acting,
        f"ConferenceRecord=record-from-start&ConferenceRecordingStatusCallback={url}"
        "&ConferenceRecordingStatusCallbackEvent=in-progress+absent",
    )
    assert wish.record is None
    kinds = frozenset({EventKind.RECORDING_STARTED, EventKind.RECORDING_ABSENT, EventKind.RECORDING_FAILED})
    assert room == RecordWish(
        RecordingSource.CONFERENCE,
        trim_silence=True,
        silent_is_absent=True,
        callbacks=(completed._replace(kinds=kinds),),
        dialect="twilio",
    )


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("From=%2B15551112345", 21201),
        ("To=%2B15559998765", 21213),
        ("From=%2B15551112345&To=", 21201),
        ("From=&To=%2B15559998765", 21213),
        ("From=%2B15551112345&To=what+is+this", 21211),
        ("From=%2B15551112345&To=sip:nobody", 21211),
        ("From=%2B15551112345&To=app:AP1", 21211),
        ("From=alice&To=%2B15559998765", 21212),
        ("From=a+b&To=client:bob", 21212),
        (f"{TO}&Timeout=4", 21208),
        (f"{TO}&Timeout=601", 21208),
        (f"{TO}&Timeout=soon", 21208),
        (f"{TO}&StatusCallback=http://a.example&StatusCallbackMethod=PUT", 21209),
        (f"{TO}&StatusCallback=ftp://a.example", 20001),
        (f"{TO}&StatusCallbackEvent=hungup", 20001),
        (f"{TO}&Label=a/b", 16024),
        (f"{TO}&Label=a%252Fb", 16024),
        (f"{TO}&Label={'x' * 129}", 16024),
        (f"{TO}&Label=CA{ALICE}", 16024),
        (f"{TO}&Beep=loud", 16002),
        (f"{TO}&MaxParticipants=1", 16002),
        (f"{TO}&MaxParticipants=251", 16002),
        (f"{TO}&Region=mars1", 16002),
        (f"{TO}&JitterBufferSize=vast", 16002),
        (f"{TO}&Coaching=true", 16000),
        (f"{TO}&CallSidToCoach=bob", 16028),
        (f"{TO}&TimeLimit=0", 20001),
        (f"{TO}&SipAuthUsername={'u' * 256}&SipAuthPassword=p", 21221),
        (f"{TO}&SipAuthUsername=a%0Ab&SipAuthPassword=p", 21222),
        (f"{TO}&SipAuthUsername=u&SipAuthPassword={'p' * 256}", 21223),
        (f"{TO}&SipAuthUsername=u&SipAuthPassword=a%00", 21224),
        (f"{TO}&SipAuthUsername=u", 21225),
        (f"{TO}&MachineDetection=Perhaps", 21234),
        (f"{TO}&MachineDetectionSpeechThreshold=10", 21234),
        (f"{TO}&AsyncAmd=true", 21263),
        (f"{TO}&Record=true&RecordingChannels=five", 20001),
        (f"{TO}&ConferenceRecord=perhaps", 20001),
        (f"{TO}&CallerDisplayName=x", 20001),
    ],
)
async def test_what_breaks_a_rule_is_refused_and_nobody_is_called(
    desk: Desk, acting: ActingCommands, form: str, code: int
) -> None:
    assert refusal(await post(desk, NEW, form))[:2] == (400, code)
    assert acting.asked == []


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (LabelTaken("x"), (400, 16026)),
        (ConferenceFull("x"), (400, 16020)),
        (ConferenceEnded("x"), (404, 16022)),
        (NotFound("conference", "x"), (404, 16022)),
        (CoachedCallAbsent("x"), (400, 16028)),
        (CoachedCallHeld("x"), (400, 16027)),
        (InvalidValue("name", "x"), (400, 16003)),
        (InvalidValue("to", "x"), (400, 21211)),
        (InvalidValue("from", "x"), (400, 21212)),
        (ServerFull("x"), (429, 20429)),
        (ServerDraining("x"), (503, 20503)),
    ],
)
async def test_a_refusal_has_twilios_number(
    desk: Desk, acting: ActingCommands, raised: Exception, said: tuple[int, int]
) -> None:
    acting.refusal = raised
    assert refusal(await post(desk, NEW, TO))[:2] == said


async def test_labels_are_keys_at_once_and_taken(desk: Desk) -> None:
    room = made(await post(desk, NEW, f"{TO}&Label=my+desk"))
    path = f"{ROOMS}/{room['conference_sid']}/Participants/my%20desk.json"
    assert read(await ask(desk, path))["call_sid"] == room["call_sid"]
    assert refusal(await post(desk, NEW, f"{TO}&Label=my+desk"))[:2] == (400, 16026)


async def test_the_answer_follows_the_suffix(desk: Desk) -> None:
    response = await post(desk, NEW.removesuffix(".json"), TO)
    assert (response.status, response.content_type) == (201, "application/xml")
    assert b"<Participant><AccountSid>" in response.body
    assert replace(await post(desk, NEW.replace(".json", ".csv"), TO), body=b"").status == 201
