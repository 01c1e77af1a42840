"""Digits: cut prompts short, end by a key, a number of them or silence, and may be typed ahead."""

import asyncio

import pytest

from document_twins import TwinClips, TwinLeg, TwinWeb
from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import InvalidValue
from hubbub.lab.clock import SimulatedClock
from hubbub.markup.effects import Ask, Collected
from hubbub.markup.instructions import (
    Document,
    Gather,
    Hangup,
    Instruction,
    JoinConference,
    Pause,
    Play,
    ReportDigits,
    Say,
)
from hubbub.markup.language import DocumentRequest, Ending, MarkupCall
from hubbub.services.documents.run_document import DocumentRunner
from markup_language import FakeLanguage

NEXT = WebTarget("http://acme.example/next")
CALLBACKS = (SubscriptionWish("dtmf", frozenset(), NEXT),)


class ListeningLanguage(FakeLanguage):
    """Remembers what was asked for, and why."""

    asked: list[Ask]

    def request(self, call: MarkupCall, ask: Ask) -> DocumentRequest:
        self.asked.append(ask)
        return super().request(call, ask)


class Stage:
    """One call whose customer hangs up as soon as he is told what was gathered."""

    def __init__(self) -> None:
        self.clock = SimulatedClock(asyncio.get_running_loop())
        self.leg = TwinLeg(self.clock)
        self.clips = TwinClips()
        self.language = ListeningLanguage()
        self.language.asked = []
        self.language.holds(b"next", Hangup())
        web = TwinWeb(self.clock, {NEXT.url: b"next"})
        self.runner = DocumentRunner(self.leg, self.language, fetcher=web, clips=self.clips, clock=self.clock)

    async def run(self, *instructions: Instruction) -> list[str]:
        await self.runner.run(Document(instructions, None), answered=True)
        return self.leg.deeds

    def presses(self, first_s: float, keys: str, every_s: float = 0.3) -> None:
        for position, key in enumerate(keys):
            self.leg.presses(first_s + position * every_s, key)

    @property
    def outcome(self) -> tuple[str, str, float] | None:
        """Digits, finishing key, and when the customer was told; None: he never was."""
        if not self.language.asked:
            return None
        (ask,) = self.language.asked
        assert isinstance(ask.outcome, Collected)
        return ask.outcome.digits, ask.outcome.finish_key, round(self.clock.mono_s() - 0.1, 2)


@pytest.fixture
async def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize(
    ("gather", "keys", "outcome"),
    [
        (Gather(action=NEXT), "12#", ("12", "#", 1.6)),
        (Gather(action=NEXT), "12", ("12", "", 6.3)),
        (Gather(action=NEXT, next_timeout_ms=1000), "12", ("12", "", 2.3)),
        (Gather(action=NEXT, finish_keys="", digits_max=3), "1#2", ("1#2", "", 1.6)),
        (Gather(action=NEXT, digits_max=1), "129", ("1", "", 1.0)),
        (Gather(action=NEXT, finish_keys="*0"), "550", ("55", "0", 1.6)),
        (Gather(action=NEXT, start_keys="789", digits_max=2), "1278", ("78", "", 1.9)),
        (Gather(action=NEXT, action_on_empty=True), "", ("", "", 5.0)),
        (Gather(action=NEXT, action_on_empty=True), "#", ("", "#", 1.0)),
        (Gather(action=NEXT, action_on_empty=True, takes_digits=False), "12#", ("", "", 5.0)),
        (Gather(action=NEXT, action_on_empty=True, first_timeout_ms=0), "", ("", "", 0.0)),
    ],
)
async def test_how_an_input_ends(
    stage: Stage, gather: Gather, keys: str, outcome: tuple[str, str, float]
) -> None:
    stage.presses(1, keys)
    await stage.run(gather, Say("never"))
    assert stage.outcome == outcome


@pytest.mark.parametrize(("keys", "first_s"), [("", 5.0), ("#", 1.0)])
async def test_without_digits_the_next_instruction_runs(stage: Stage, keys: str, first_s: float) -> None:
    stage.presses(1, keys)
    await stage.run(Gather(action=NEXT), Say("nothing came"))
    assert stage.leg.diary[0] == (first_s, "play 'nothing came'")
    assert stage.outcome is None


async def test_without_an_action_digits_are_dropped(stage: Stage) -> None:
    stage.presses(1, "12#")
    assert await stage.run(Gather(), Say("on we go")) == ["play 'on we go'", "hang up completed"]


async def test_a_key_cuts_the_prompts_short(stage: Stage) -> None:
    prompts = (Say("press one for sales"), Pause(500), Play(WebTarget("http://acme.example/a.wav")))
    stage.presses(1.7, "1")
    await stage.run(Gather(prompts, digits_max=1, action=NEXT))
    assert stage.leg.diary[:3] == [
        (0.0, "play 'press one for sales'"),
        (1.5, "play a.wav"),
        (1.7, "stop"),
    ]
    assert stage.outcome == ("1", "", 1.7)


async def test_keys_that_do_not_count_do_not_cut_the_prompts_short(stage: Stage) -> None:
    stage.presses(0.2, "12")
    await stage.run(Gather((Say("speak now please do"),), takes_digits=False, action=NEXT), Say("bye"))
    assert stage.leg.diary == [
        (0.0, "play 'speak now please do'"),
        (6.0, "play 'bye'"),
        (6.25, "hang up completed"),
    ]


async def test_prompts_are_repeated_while_nobody_presses(stage: Stage) -> None:
    stage.presses(9, "7")
    await stage.run(Gather((Say("one"),), repeat=3, first_timeout_ms=4000, digits_max=1, action=NEXT))
    assert stage.leg.diary[:3] == [(0.0, "play 'one'"), (4.25, "play 'one'"), (8.5, "play 'one'")]
    assert stage.outcome == ("7", "", 9.0)


async def test_what_is_typed_ahead_counts_and_spares_the_prompts(stage: Stage) -> None:
    stage.presses(0.1, "42#")
    assert await stage.run(Say("welcome to a long story"), Gather((Say("menu"),), action=NEXT)) == [
        "play 'welcome to a long story'",
        "hang up completed",
    ]
    assert stage.outcome == ("42", "#", 1.25)


async def test_what_one_input_leaves_over_is_for_the_next(stage: Stage) -> None:
    stage.presses(1, "123456", every_s=0)
    await stage.run(Gather(digits_max=4), Gather(digits_max=2, action=NEXT))
    assert stage.outcome == ("56", "", 1.0)


async def test_keys_pressed_in_a_room_are_not_for_the_next_input(stage: Stage) -> None:
    stage.presses(1, "55*")
    await stage.run(JoinConference("room", leave_on_star=True), Gather(action=NEXT, action_on_empty=True))
    assert stage.outcome is not None
    assert stage.outcome[0] == ""


async def test_keys_without_end_are_dropped(stage: Stage) -> None:
    stage.presses(0.1, "1" * 500, every_s=0.001)
    await stage.run(Pause(1000), Gather(finish_keys="", next_timeout_ms=100, action=NEXT))
    assert stage.outcome is not None
    assert len(stage.outcome[0]) == 64


async def test_a_prompt_that_cannot_be_had_is_noted_and_the_input_goes_on(stage: Stage) -> None:
    stage.clips.broken["menu"] = InvalidValue("speech", "no engine")
    stage.presses(1, "1")
    await stage.run(Gather((Say("menu"),), digits_max=1, action=NEXT))
    assert stage.leg.deeds[0] == "note c-speech"
    assert stage.outcome == ("1", "", 1.0)


async def test_a_prompt_without_which_the_dialect_does_not_go_on_ends_the_call(stage: Stage) -> None:
    stage.clips.broken["menu"] = InvalidValue("speech", "no engine")
    stage.language.clip_ending = Ending(HangupCause.APPLICATION_ERROR)
    deeds = await stage.run(Gather((Say("menu"),), action=NEXT))
    assert deeds == ["note c-speech", "hang up application-error"]


async def test_a_hang_up_ends_the_input_and_its_prompt(stage: Stage) -> None:
    stage.leg.hangs_up(0.3)
    assert await stage.run(Gather((Say("a menu"),), action=NEXT)) == ["play 'a menu'", "stop"]
    assert stage.outcome is None


async def test_digits_are_told_while_the_call_does_other_things_but_not_while_it_gathers(
    stage: Stage,
) -> None:
    stage.presses(1, "1")  # in the room
    stage.presses(4, "*")
    stage.presses(6, "2")  # while it gathers
    stage.presses(13, "3")
    stage.presses(15, "4")  # when nobody wants to know any more
    await stage.run(
        ReportDigits(CALLBACKS),
        JoinConference("room", leave_on_star=True),
        Gather(),
        Pause(3000),
        ReportDigits(()),
        Pause(3000),
    )
    assert stage.leg.diary[:-1] == [
        (0.0, "report digits to 1"),
        (0.01, "join room"),
        (1.0, "tell 1"),
        (4.0, "tell *"),
        (4.01, "leave digit"),
        (13.0, "tell 3"),
        (14.0, "report digits to 0"),
    ]
