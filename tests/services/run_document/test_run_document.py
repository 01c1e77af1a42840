"""A call does what its document says, at the moment it should, and stops when the caller has gone."""

import asyncio

import pytest

from document_twins import TwinClips, TwinLeg, TwinWeb
from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.domain.errors import ConferenceFull, Conflict, InvalidValue, LabelTaken
from hubbub.lab.clock import SimulatedClock
from hubbub.markup.effects import Ask, Given, Purpose
from hubbub.markup.instructions import (
    Document,
    Hangup,
    Instruction,
    JoinConference,
    Pause,
    Play,
    Redirect,
    Reject,
    Ring,
    Say,
    SendDigits,
    SetTag,
    WaitKind,
    WaitMusic,
)
from hubbub.markup.language import WaitRules
from hubbub.services.calls.live_calls import RoomInput
from hubbub.services.documents.run_document import DocumentRunner
from hubbub.services.ports import FetchFailed
from markup_language import FakeLanguage

START = WebTarget("http://acme.example/start")
NEXT = WebTarget("http://acme.example/next")
WAIT = WebTarget("http://acme.example/wait")
ROOM = JoinConference("room")


class Stage:
    """One call, its customer's web server and its runner."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(asyncio.get_running_loop())
        self.leg = TwinLeg(self.clock)
        self.web = TwinWeb(self.clock)
        self.clips = TwinClips()
        self.language = FakeLanguage()
        self.runner = DocumentRunner(
            self.leg, self.language, fetcher=self.web, clips=self.clips, clock=self.clock
        )

    def page(self, target: WebTarget, *instructions: Instruction) -> None:
        key = target.url.rpartition("/")[2].encode()
        self.language.holds(key, *instructions)
        self.web.pages[target.url] = key

    async def run(self, *instructions: Instruction, answered: bool = True) -> list[str]:
        await self.runner.run(Document(instructions, None), answered=answered)
        await self.is_quiet()
        return self.leg.deeds

    async def is_quiet(self) -> None:
        """Nothing that was begun goes on."""
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, others
        assert self.web.under_way == 0


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_a_call_is_answered_spoken_to_and_hung_up(stage: Stage) -> None:
    stage.page(START, Say("good morning"), Pause(2000), Play(WebTarget("http://acme.example/a.wav"), 2))
    await stage.runner.run(Ask(Purpose.INCOMING, START), answered=False)
    assert stage.leg.diary == [
        (0.1, "answer"),
        (0.1, "play 'good morning'"),
        (2.6, "play a.wav"),
        (3.6, "play a.wav"),
        (4.6, "hang up completed"),
    ]
    await stage.is_quiet()


async def test_a_rejected_call_is_never_answered(stage: Stage) -> None:
    assert await stage.run(Reject(HangupCause.BUSY), answered=False) == ["refuse busy"]


async def test_digits_are_sent_with_their_pauses(stage: Stage) -> None:
    await stage.run(SendDigits("12wW3"), Hangup())
    assert stage.leg.diary == [(0.0, "send 12"), (1.9, "send 3"), (2.1, "hang up completed")]


async def test_digits_may_be_sent_more_slowly(stage: Stage) -> None:
    await stage.run(SendDigits("12w3", 600), Hangup())
    assert stage.leg.diary == [
        (0.0, "send 1"),
        (0.6, "send 2"),
        (1.7, "send 3"),
        (2.3, "hang up completed"),
    ]


async def test_ringing_is_heard_for_as_long_as_it_was_asked_for(stage: Stage) -> None:
    await stage.run(Ring(5000), Hangup())
    assert stage.leg.diary == [
        (0.0, "play ringback for ever"),
        (5.0, "stop"),
        (5.0, "hang up completed"),
    ]


async def test_a_redirect_is_followed_and_tags_are_set(stage: Stage) -> None:
    stage.page(NEXT, SetTag("vip"), Hangup())
    assert await stage.run(Redirect(NEXT), Say("never")) == ["tag vip", "hang up completed"]


async def test_a_web_server_that_fails_is_noted_and_the_fallback_asked(stage: Stage) -> None:
    stage.page(NEXT, Hangup())
    stage.web.pages[START.url] = FetchFailed("timeout", "no answer in 15 s")
    await stage.runner.run(Ask(Purpose.INCOMING, START, NEXT), answered=True)
    assert stage.leg.deeds == ["note f-timeout", "hang up completed"]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (FetchFailed("connect", "refused"), "c-connect"),
        (InvalidValue("audio", "no sound"), "c-audio"),
    ],
)
async def test_a_sound_that_cannot_be_had_is_noted_and_passed_over(
    stage: Stage, trouble: FetchFailed | InvalidValue, code: str
) -> None:
    stage.clips.broken["http://acme.example/a.wav"] = trouble
    deeds = await stage.run(Play(WebTarget("http://acme.example/a.wav")), Say("on we go"))
    assert deeds[:2] == [f"note {code}", "play 'on we go'"]


async def test_a_missing_voice_is_noted_and_the_call_goes_on(stage: Stage) -> None:
    stage.clips.broken["hello"] = InvalidValue("speech", "no engine")
    assert await stage.run(Say("hello"), Hangup()) == ["note c-speech", "hang up completed"]


@pytest.mark.parametrize(
    ("prepare", "instruction", "before"),
    [
        (None, Say("a long story"), ["play 'a long story'", "stop"]),
        (None, Play(START, 0), ["play start for ever", "stop"]),
        (None, Pause(60_000), []),
        (None, Ring(60_000), ["play ringback for ever", "stop"]),
        (None, SendDigits("WWW1"), []),
        ("slow", Redirect(NEXT), []),
        ("waits", ROOM, ["join room", "play music for ever", "stop"]),
        (
            "waits",
            JoinConference("room", time_limit_ms=9000, wait=WaitMusic(WaitKind.SILENCE)),
            ["join room"],
        ),
    ],
)
async def test_a_hang_up_at_any_moment_ends_everything(
    stage: Stage, prepare: str | None, instruction: Instruction, before: list[str]
) -> None:
    stage.web.delay_s = 30 if prepare == "slow" else 0
    stage.leg.waits = prepare == "waits"
    stage.leg.hangs_up(0.5)
    assert await stage.run(instruction, Say("never")) == before
    assert stage.clock.mono_s() < 1


async def test_a_caller_who_gives_up_before_the_answer_ends_the_document(stage: Stage) -> None:
    stage.leg.answerable = False
    stage.leg.hangs_up(0.5)
    assert await stage.run(Say("hello"), answered=False) == []


# --- rooms ------------------------------------------------------------------------------------------------


async def test_a_room_that_has_started_has_no_music(stage: Stage) -> None:
    stage.leg.is_put_out(5, LeaveReason.ENDED_BY_API)
    await stage.run(ROOM, Say("bye"))
    assert stage.leg.diary[0] == (0.01, "join room")
    assert stage.leg.diary[1] == (5.0, "play 'bye'")


async def test_music_plays_until_the_room_opens(stage: Stage) -> None:
    stage.leg.waits = True
    stage.leg.room_opens(8)
    stage.leg.is_put_out(20, LeaveReason.MODERATOR_ENDED)
    await stage.run(ROOM, Hangup())
    assert stage.leg.diary == [
        (0.01, "join room"),
        (0.01, "play music for ever"),
        (8.0, "stop"),
        (20.0, "hang up completed"),
    ]


async def test_who_is_alone_with_his_moderator_rights_may_be_spared_the_music(stage: Stage) -> None:
    stage.leg.waits = True
    stage.leg.is_put_out(5, LeaveReason.ENDED_BY_API)
    join = JoinConference("room", wait=WaitMusic(while_alone=False))
    assert await stage.run(join, Hangup()) == ["join room", "hang up completed"]


async def test_a_wait_document_is_played_and_then_it_is_silent(stage: Stage) -> None:
    stage.page(WAIT, Say("please hold"), Pause(1000), Play(WebTarget("http://acme.example/a.wav")))
    stage.leg.waits = True
    stage.leg.room_opens(9)
    stage.leg.hangs_up(10)
    await stage.run(JoinConference("room", wait=WaitMusic(WaitKind.URL, WAIT)))
    assert stage.leg.diary == [(0.01, "join room"), (0.11, "play 'please hold'"), (1.61, "play a.wav")]
    assert stage.web.asked[0].url == WAIT.url


async def test_a_wait_document_that_redirects_to_itself_goes_round_until_the_room_opens(stage: Stage) -> None:
    stage.page(WAIT, Play(WebTarget("http://acme.example/a.wav")), Redirect(WAIT))
    stage.leg.waits = True
    stage.leg.room_opens(3.5)
    stage.leg.hangs_up(10)
    deeds = await stage.run(JoinConference("room", wait=WaitMusic(WaitKind.URL, WAIT)))
    assert deeds == ["join room", "play a.wav", "play a.wav", "play a.wav", "play a.wav", "stop"]


async def test_a_wait_document_that_cannot_be_had_takes_the_call_out_again(stage: Stage) -> None:
    stage.leg.waits = True
    join = JoinConference("room", wait=WaitMusic(WaitKind.URL, WAIT))
    assert await stage.run(join, Say("sorry")) == [
        "join room",
        "note f-status",
        "leave add-failed",
        "play 'sorry'",
        "hang up completed",
    ]


async def test_a_wait_document_may_end_the_call(stage: Stage) -> None:
    stage.language.rules = WaitRules(loops=True, failure_leaves=False, failure_hangs_up=True)
    stage.page(WAIT, Hangup())
    stage.leg.waits = True
    join = JoinConference("room", wait=WaitMusic(WaitKind.URL, WAIT))
    assert await stage.run(join, Say("never")) == ["join room", "hang up completed"]


async def test_the_star_leaves_the_room_and_the_action_is_asked(stage: Stage) -> None:
    stage.page(NEXT, Say("welcome back"))
    stage.leg.presses(3, "5")
    stage.leg.presses(4, "*")
    await stage.run(JoinConference("room", leave_on_star=True, action=NEXT))
    assert stage.leg.diary == [
        (0.01, "join room"),
        (4.01, "leave digit"),
        (4.11, "play 'welcome back'"),
        (4.61, "hang up completed"),
    ]


async def test_a_stay_that_is_too_long_is_ended(stage: Stage) -> None:
    await stage.run(JoinConference("room", time_limit_ms=60_000))
    assert stage.leg.diary[1:] == [(60.02, "leave time-limit"), (60.02, "hang up completed")]


@pytest.mark.parametrize(
    ("refusal", "deeds"),
    [
        (ConferenceFull("full"), ["play 'on we go'", "hang up completed"]),
        (LabelTaken("taken"), ["note refused", "play 'on we go'", "hang up completed"]),
    ],
)
async def test_a_room_that_refuses_leads_on(stage: Stage, refusal: ConferenceFull, deeds: list[str]) -> None:
    stage.leg.refusal = refusal
    assert await stage.run(ROOM, Say("on we go")) == deeds


async def test_a_caller_who_goes_while_the_room_is_asked_is_no_fault_of_the_document(stage: Stage) -> None:
    stage.leg.refusal = Conflict("the call is over")
    stage.leg.is_over = True
    stage.leg.hangs_up(0.5)
    assert await stage.run(ROOM, Say("never")) == []


async def test_a_server_without_memory_for_sound_lets_people_wait_in_silence(stage: Stage) -> None:
    stage.leg.is_full = True
    stage.leg.waits = True
    stage.leg.is_put_out(5, LeaveReason.ENDED_BY_API)
    assert await stage.run(Say("hello"), ROOM) == ["note c-server-full", "join room", "hang up completed"]


async def test_news_of_the_last_room_is_not_taken_for_the_next_ones(stage: Stage) -> None:
    """The room ends in the very moment its member leaves: he must stay in the room he enters next."""
    stage.leg.presses(1, "*")
    stage.leg.is_put_out(1.005, LeaveReason.MODERATOR_ENDED)
    stage.leg.hangs_up(9)
    await stage.run(JoinConference("one", leave_on_star=True), JoinConference("two"), Say("never"))
    assert stage.leg.deeds == ["join one", "leave digit", "join two"]
    assert stage.clock.mono_s() >= 9


# --- on hold ----------------------------------------------------------------------------------------------


async def test_music_on_hold_plays_instead_of_the_room_until_hold_ends(stage: Stage) -> None:
    stage.leg.is_held(2, WaitMusic())
    stage.leg.room_opens(6)
    stage.leg.hangs_up(9)
    await stage.run(ROOM)
    assert stage.leg.diary == [(0.01, "join room"), (2.0, "play music for ever"), (6.0, "stop")]


async def test_hold_without_music_is_silent_and_stops_the_waiting_music(stage: Stage) -> None:
    stage.leg.waits = True
    stage.leg.is_held(2, None)
    stage.leg.at(6, RoomInput(waiting=True))
    stage.leg.hangs_up(9)
    await stage.run(ROOM)
    assert stage.leg.diary == [
        (0.01, "join room"),
        (0.01, "play music for ever"),
        (2.0, "stop"),
        (6.0, "play music for ever"),
        (9.0, "stop"),
    ]


async def test_news_that_change_nothing_do_not_restart_the_music(stage: Stage) -> None:
    stage.leg.waits = True
    stage.leg.at(3, RoomInput(waiting=True))
    stage.leg.hangs_up(9)
    assert await stage.run(ROOM) == ["join room", "play music for ever", "stop"]


async def test_waiting_music_may_be_changed_while_one_waits(stage: Stage) -> None:
    stage.page(WAIT, Pause(1000), Say("soon"))
    stage.leg.waits = True
    stage.leg.at(3, RoomInput(waiting=True, wait_music=WaitMusic(WaitKind.URL, WAIT)))
    stage.leg.room_opens(8)
    stage.leg.hangs_up(9)
    await stage.run(ROOM)
    assert stage.leg.diary[2:] == [(3.0, "stop"), (4.1, "play 'soon'")]


async def test_hold_music_that_cannot_be_had_is_noted_and_nobody_leaves_for_it(stage: Stage) -> None:
    stage.leg.is_held(2, WaitMusic(WaitKind.URL, WAIT))
    stage.leg.hangs_up(9)
    assert await stage.run(ROOM, Say("never")) == ["join room", "note f-status"]


# --- another document -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instruction", "before"),
    [
        (Say("a long story"), ["play 'a long story'", "stop"]),
        (Pause(60_000), []),
        (Ring(60_000), ["play ringback for ever", "stop"]),
        (SendDigits("WWW1"), []),
        (ROOM, ["join room", "leave redirected"]),
    ],
)
async def test_another_document_drops_whatever_runs(
    stage: Stage, instruction: Instruction, before: list[str]
) -> None:
    stage.page(NEXT, Say("here now"))
    stage.leg.is_redirected(0.5, Ask(Purpose.REDIRECT, NEXT))
    deeds = await stage.run(instruction, Say("never"))
    assert deeds == [*before, "play 'here now'", "hang up completed"]


async def test_another_document_drops_a_document_that_is_being_fetched(stage: Stage) -> None:
    stage.page(NEXT, Hangup())
    stage.web.delay_s = 1
    stage.leg.is_redirected(0.5, Ask(Purpose.REDIRECT, NEXT))
    assert await stage.run(Redirect(START)) == ["hang up completed"]
    assert stage.clock.mono_s() == pytest.approx(1.5)


async def test_a_given_document_may_lead_from_room_to_room(stage: Stage) -> None:
    stage.language.holds(b"given", JoinConference("two"), Say("on we go"))
    stage.leg.is_redirected(1, Given(b"given", "text/xml"))
    stage.leg.is_put_out(5, LeaveReason.KICKED)
    assert await stage.run(ROOM, Say("never")) == [
        "join room",
        "leave redirected",
        "join two",
        "play 'on we go'",
        "hang up completed",
    ]


async def test_another_document_that_cannot_be_had_asks_its_fallback(stage: Stage) -> None:
    stage.page(WAIT, Say("plan b"))
    stage.leg.is_redirected(1, Ask(Purpose.REDIRECT, NEXT), WAIT)
    assert await stage.run(Pause(60_000)) == ["note f-status", "play 'plan b'", "hang up completed"]


async def test_one_document_after_another_the_last_one_holds(stage: Stage) -> None:
    stage.page(START, Say("first"))
    stage.page(NEXT, Say("second"))
    stage.leg.is_redirected(1, Ask(Purpose.REDIRECT, START))
    stage.leg.is_redirected(1.05, Ask(Purpose.REDIRECT, NEXT))
    assert await stage.run(Pause(60_000)) == ["play 'second'", "hang up completed"]


async def test_another_document_while_the_call_is_being_answered_does_not_answer_twice(stage: Stage) -> None:
    stage.page(NEXT, Say("welcome"))
    stage.leg.slow_answer_s = 2
    stage.leg.is_redirected(1, Ask(Purpose.REDIRECT, NEXT))
    assert await stage.run(Say("never"), answered=False) == ["answer", "play 'welcome'", "hang up completed"]


async def test_who_is_put_out_alone_goes_on_with_the_action(stage: Stage) -> None:
    stage.page(NEXT, Say("you were put out"))
    stage.leg.is_put_out(5, LeaveReason.KICKED)
    deeds = await stage.run(JoinConference("room", action=NEXT), Say("never"))
    assert deeds == ["join room", "play 'you were put out'", "hang up completed"]


async def test_a_fault_of_ours_while_waiting_is_not_hidden(stage: Stage) -> None:
    def broken(name: str) -> object:
        raise ZeroDivisionError(name)

    stage.clips.stock = broken  # type: ignore[assignment, method-assign]
    stage.leg.waits = True
    with pytest.raises(ZeroDivisionError):
        await stage.run(ROOM)
    await stage.is_quiet()


async def test_cancelling_the_runner_ends_everything(stage: Stage) -> None:
    task = asyncio.ensure_future(stage.run(Play(START, 0)))
    await stage.clock.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stage.leg.deeds == ["play start for ever", "stop"]
    await stage.is_quiet()
