"""Being connected with others, and recording, as a document's runner sees them."""

import asyncio

import pytest

from document_twins import TwinClips, TwinLeg, TwinWeb
from hubbub.domain.application import WebTarget
from hubbub.domain.conference import LeaveReason
from hubbub.domain.errors import ServerFull
from hubbub.domain.ids import CallId
from hubbub.domain.recording import RecordingSource, RecordingState
from hubbub.lab.clock import SimulatedClock
from hubbub.markup.effects import Ask, Collected, Connected, MessageTaken, Purpose, Stayed
from hubbub.markup.instructions import (
    Bridge,
    Dial,
    DialTarget,
    Document,
    Gather,
    Hangup,
    Instruction,
    JoinConference,
    Pause,
    Record,
    RecordingWish,
    Say,
    Setting,
    StartRecording,
    StopRecording,
)
from hubbub.markup.language import DocumentRequest, MarkupCall
from hubbub.services.documents.run_document import DocumentRunner
from markup_language import FakeLanguage

NEXT = WebTarget("http://acme.example/next")
DIAL = Dial((DialTarget("+15550003"),), action=NEXT)
MESSAGE = RecordingWish(RecordingSource.RECORD_VERB)
RECORD = Record(MESSAGE, action=NEXT, action_on_empty=False)


class RememberingLanguage(FakeLanguage):
    asked: list[Ask]

    def request(self, call: MarkupCall, ask: Ask) -> DocumentRequest:
        self.asked.append(ask)
        return super().request(call, ask)


class Stage:
    def __init__(self) -> None:
        self.clock = SimulatedClock(asyncio.get_running_loop())
        self.leg = TwinLeg(self.clock)
        self.language = RememberingLanguage()
        self.language.asked = []
        self.language.holds(b"next", Hangup())
        self.web = TwinWeb(self.clock, {NEXT.url: b"next"})
        self.runner = DocumentRunner(
            self.leg, self.language, fetcher=self.web, clips=TwinClips(), clock=self.clock
        )

    async def run(
        self, *instructions: Instruction, answered: bool = True, setting: Setting = Setting.CALL
    ) -> list[str]:
        await self.runner.run(Document(instructions, None), answered=answered, setting=setting)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing that was begun goes on"
        return self.leg.deeds

    @property
    def outcome(self) -> object:
        (ask,) = self.language.asked
        return ask.outcome


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_the_caller_hears_ringing_until_somebody_answers_and_the_action_follows(stage: Stage) -> None:
    assert await stage.run(DIAL, Say("never")) == [
        "dial +15550003",
        "play ringback for ever",
        "stop",
        "talked",
        "hang up completed",
    ]
    assert isinstance(stage.outcome, Connected)


async def test_a_caller_may_be_answered_only_when_the_two_are_connected(stage: Stage) -> None:
    stage.language.answers_before = lambda instruction: False  # type: ignore[method-assign]
    stage.leg.slow_answer_s = 1
    await stage.run(DIAL, answered=False)
    assert (2.0, "answer") in stage.leg.diary
    assert (8.0, "talked") in stage.leg.diary


async def test_the_star_ends_a_connection_where_it_was_asked_for(stage: Stage) -> None:
    stage.leg.presses(3, "1")
    stage.leg.presses(4, "*")
    await stage.run(Dial((DialTarget("+1"),), release_on_star=True, action=NEXT))
    assert (4.0, "talked") in stage.leg.diary


async def test_the_star_is_only_a_key_elsewhere(stage: Stage) -> None:
    stage.leg.presses(4, "*")
    await stage.run(DIAL)
    assert (7.0, "talked") in stage.leg.diary


async def test_another_document_drops_a_connection(stage: Stage) -> None:
    stage.leg.is_redirected(4, Ask(Purpose.REDIRECT, NEXT))
    assert await stage.run(DIAL) == [
        "dial +15550003",
        "play ringback for ever",
        "stop",
        "drop",
        "hang up completed",
    ]


async def test_a_caller_who_hangs_up_while_connected_ends_it_and_the_action_is_told(stage: Stage) -> None:
    stage.leg.hangs_up(4)
    assert (await stage.run(DIAL))[-1] == "talked"
    assert isinstance(stage.outcome, Connected)
    assert stage.outcome.caller_left


async def test_a_caller_who_goes_while_being_answered_does_not_hold_anybody_up(stage: Stage) -> None:
    stage.language.answers_before = lambda instruction: False  # type: ignore[method-assign]
    stage.leg.answerable = False
    stage.leg.hangs_up(4)
    await stage.run(DIAL, answered=False)
    assert stage.clock.mono_s() < 5


async def test_keys_pressed_while_connected_are_not_for_the_next_input(stage: Stage) -> None:
    stage.leg.presses(4, "5")
    await stage.run(Bridge(CallId("d" * 32)), Gather(action=NEXT, action_on_empty=True, first_timeout_ms=100))
    assert isinstance(stage.outcome, Collected)
    assert stage.outcome.digits == ""


async def test_who_was_dialled_hears_his_document_and_meets_the_other_side(stage: Stage) -> None:
    deeds = await stage.run(Say("a call for you"), setting=Setting.CALLED)
    assert deeds == ["play 'a call for you'", "meet", "hang up completed"]


async def test_who_was_dialled_may_refuse(stage: Stage) -> None:
    assert await stage.run(Hangup(), setting=Setting.CALLED) == ["hang up completed"]


async def test_who_was_dialled_may_be_given_another_document_while_connected(stage: Stage) -> None:
    stage.language.holds(b"next", Say("you have moved"))
    stage.leg.is_redirected(2, Ask(Purpose.REDIRECT, NEXT))
    assert await stage.run(setting=Setting.CALLED) == ["meet", "play 'you have moved'", "hang up completed"]


# --- recording --------------------------------------------------------------------------------------------


async def test_a_message_begins_with_a_tone_and_ends_with_a_key(stage: Stage) -> None:
    stage.leg.presses(13, "#")
    await stage.run(RECORD, Say("never"))
    # The twin's tone takes ten seconds.
    assert stage.leg.diary[:3] == [
        (0.0, "play beep-enter"),
        (10.0, "record record-verb"),
        (13.0, "recorded"),
    ]
    assert isinstance(stage.outcome, MessageTaken)
    assert stage.outcome.digit == "#"


async def test_a_message_that_is_long_enough_ends_by_itself(stage: Stage) -> None:
    wish = RecordingWish(RecordingSource.RECORD_VERB, max_duration_ms=4000)
    stage.leg.presses(1, "5")
    await stage.run(Record(wish, beep=False, finish_keys="", action=NEXT))
    assert stage.leg.diary[1] == (4.0, "recorded")


async def test_a_message_without_a_word_leads_on(stage: Stage) -> None:
    stage.leg.recorded_as = RecordingState.ABSENT
    stage.leg.presses(1, "#")
    deeds = await stage.run(Record(MESSAGE, beep=False, action=NEXT, action_on_empty=False), Say("nothing"))
    assert deeds[2] == "play 'nothing'"
    assert stage.language.asked == []


async def test_a_message_that_ends_with_a_hang_up_is_told_to_the_action(stage: Stage) -> None:
    stage.leg.hangs_up(3)
    assert await stage.run(Record(MESSAGE, beep=False, action=NEXT)) == ["record record-verb", "recorded"]
    assert isinstance(stage.outcome, MessageTaken)
    assert stage.outcome.caller_left


async def test_another_document_ends_a_message(stage: Stage) -> None:
    stage.leg.is_redirected(3, Ask(Purpose.REDIRECT, NEXT))
    deeds = await stage.run(Record(MESSAGE, beep=False, action=NEXT))
    assert deeds == ["record record-verb", "recorded", "hang up completed"]


async def test_a_server_that_cannot_record_says_so_and_goes_on(stage: Stage) -> None:
    stage.leg.record_refusal = ServerFull("no tap is left")
    stage.leg.presses(2, "*")
    deeds = await stage.run(
        Record(MESSAGE, beep=False),
        StartRecording(),
        JoinConference("r", leave_on_star=True, leg_recording=MESSAGE),
    )
    refused = "note no-recording"
    assert deeds == [refused, refused, "join r", refused, "leave digit", "hang up completed"]


async def test_recordings_begin_and_end_beside_what_runs(stage: Stage) -> None:
    await stage.run(StartRecording(), Pause(1000), StopRecording())
    assert stage.leg.diary[:2] == [(0.0, "StartRecording"), (1.0, "StopRecording")]


async def test_a_leg_is_recorded_as_long_as_it_stays_in_its_room(stage: Stage) -> None:
    stage.leg.presses(5, "*")
    await stage.run(JoinConference("r", leave_on_star=True, leg_recording=MESSAGE), Hangup())
    assert stage.leg.deeds == ["join r", "record record-verb", "leave digit", "recorded", "hang up completed"]


async def test_the_action_after_a_recorded_stay_is_told_of_the_recording(stage: Stage) -> None:
    stage.leg.is_put_out(5, LeaveReason.MODERATOR_ENDED)
    await stage.run(JoinConference("r", action=NEXT, leg_recording=MESSAGE))
    assert isinstance(stage.outcome, Stayed)
    assert stage.leg.deeds == ["join r", "record record-verb", "recorded", "hang up completed"]


@pytest.mark.parametrize("is_recorded", [True, False])
async def test_a_leg_is_recorded_only_where_its_room_is_not(stage: Stage, is_recorded: bool) -> None:
    stage.leg.room_is_recorded = is_recorded
    stage.leg.is_put_out(5, LeaveReason.MODERATOR_ENDED)
    await stage.run(JoinConference("r", action=NEXT, opening_recording=MESSAGE, leg_recording=MESSAGE))
    assert isinstance(stage.outcome, Stayed)
    assert stage.outcome.recording is not None
    deeds = ["record room record-verb"] if is_recorded else ["record record-verb", "recorded"]
    assert stage.leg.deeds == ["join r", *deeds, "hang up completed"]
