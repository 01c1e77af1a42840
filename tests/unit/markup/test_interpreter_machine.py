"""Whatever comes, in whatever order, the interpreter keeps its word (`markup.effects`)."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus, HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.domain.errors import ConferenceFull, LabelTaken
from hubbub.domain.ids import CallId
from hubbub.domain.recording import RecordingSource
from hubbub.markup import effects as fx
from hubbub.markup.instructions import (
    Bridge,
    Dial,
    DialTarget,
    Gather,
    Hangup,
    JoinConference,
    Meet,
    Pause,
    Play,
    Record,
    RecordingWish,
    Redirect,
    Reject,
    ReportDigits,
    Ring,
    Say,
    SendDigits,
    SetTag,
    Setting,
    Skip,
    StartRecording,
    StopRecording,
    Unsupported,
)
from hubbub.markup.interpreter import Interpreter, Phase
from hubbub.markup.language import AfterRefusal, Ending, WaitRules
from hubbub.markup.limits import MarkupLimits
from markup_language import FakeLanguage

TARGET = WebTarget("http://acme.example/next")
INSTRUCTIONS = st.sampled_from(
    [
        Say("a"),
        Play(TARGET),
        Pause(0),
        Pause(1000),
        Ring(1000),
        SendDigits("1"),
        SetTag("t"),
        Skip("1", "m"),
        Skip("1", "m", TARGET),
        Redirect(TARGET),
        Redirect(TARGET, TARGET),
        Reject(HangupCause.BUSY),
        Hangup(),
        Unsupported("Refer"),
        Gather(),
        Gather((Say("a"),), action=TARGET, action_fallback=TARGET),
        Gather(action=TARGET, action_on_empty=True),
        ReportDigits(()),
        Dial((DialTarget("+1"),)),
        Dial((DialTarget("+1"),), action=TARGET, hang_up_after=True),
        Bridge(CallId("d" * 32), action=TARGET),
        Meet(),
        Record(RecordingWish(RecordingSource.RECORD_VERB), action=TARGET),
        StartRecording(),
        StopRecording(),
        JoinConference("room"),
        JoinConference("room", action=TARGET, leave_on_star=True, hang_up_when_evicted=True),
    ]
)
ASK = fx.Ask(fx.Purpose.INCOMING, TARGET)
INPUTS = st.sampled_from(
    [
        fx.Fetched("http://acme.example/doc", "", b"doc"),
        fx.Fetched("http://acme.example/doc", "", b"bad"),
        fx.FetchFailed("timeout", "m"),
        fx.FetchFailed("never heard of", "m"),
        fx.Answered(),
        fx.PlaybackEnded(0),
        fx.PlaybackEnded(9),
        fx.PlaybackFailed("audio", "m"),
        fx.PauseElapsed(0),
        fx.PauseElapsed(9),
        fx.Collected("12", "#", elapsed_ms=9),
        fx.Collected(""),
        fx.Connected(CallStatus.COMPLETED, bridged=True, elapsed_ms=9),
        fx.Connected(CallStatus.BUSY),
        fx.MessageTaken(elapsed_ms=9),
        fx.MessageTaken(is_empty=True),
        fx.Digit("*"),
        fx.Joined(),
        fx.JoinRefused(ConferenceFull("full")),
        fx.JoinRefused(LabelTaken("taken")),
        fx.StayTimedOut(),
        fx.LeftConference(LeaveReason.KICKED),
        fx.LeftConference(LeaveReason.MODERATOR_ENDED),
        fx.WaitFailed(),
        fx.Redirected(ASK),
        fx.CallEnded(),
        fx.CallEnded(fx.Connected(CallStatus.COMPLETED)),
    ]
)


class InterpreterMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.interpreter: Interpreter | None = None
        self.setting = Setting.CALL
        self.ended = False
        self.fetches = 0
        self.last: list[fx.Effect] = []

    @rule(
        program=st.lists(INSTRUCTIONS, max_size=6),
        answered=st.booleans(),
        setting=st.sampled_from(Setting),
        fallback=st.sampled_from([None, TARGET]),
        apology=st.sampled_from([None, Say("sorry")]),
        answer_first=st.booleans(),
        after_refusal=st.sampled_from(AfterRefusal),
        clip_ending=st.sampled_from([None, Ending(HangupCause.APPLICATION_ERROR)]),
        loops=st.booleans(),
        hangs_up=st.booleans(),
        given=st.booleans(),
    )
    def begin(
        self,
        program: list[object],
        answered: bool,
        setting: Setting,
        fallback: WebTarget | None,
        apology: Say | None,
        answer_first: bool,
        after_refusal: AfterRefusal,
        clip_ending: Ending | None,
        loops: bool,
        hangs_up: bool,
        given: bool,
    ) -> None:
        if self.interpreter is not None:
            return
        language = FakeLanguage(
            apology=apology,
            answer_first=answer_first,
            after_refusal=after_refusal,
            clip_ending=clip_ending,
            rules=WaitRules(loops, not hangs_up, hangs_up),
        )
        language.holds(b"doc", *program)  # type: ignore[arg-type]
        self.setting = setting
        self.interpreter = Interpreter(
            language,
            answered=answered,
            fallback=fallback,
            setting=setting,
            limits=MarkupLimits(documents_in_a_row_max=4, documents_per_call_max=12),
        )
        begin = language.documents[b"doc"] if given else ASK
        self._check(self.interpreter.start(begin))

    @rule(event=INPUTS)
    def feed(self, event: fx.Input) -> None:
        if self.interpreter is None:
            return
        before = self.interpreter.phase
        effects = self.interpreter.feed(event)
        if before is Phase.OVER or event == fx.CallEnded():
            assert effects == []
        elif isinstance(event, fx.CallEnded):
            assert [type(effect) for effect in effects] in ([], [fx.Fetch])
            self.interpreter.feed(event)
            return
        self._check(effects)

    def _check(self, effects: list[fx.Effect]) -> None:
        assert self.interpreter is not None
        for effect in effects[:-1]:
            assert not isinstance(effect, fx.OPEN_EFFECTS + fx.LAST_EFFECTS), effects
        if effects and isinstance(effects[-1], fx.LAST_EFFECTS):
            assert not self.ended, "a call ends once"
            self.ended = True
            assert self.interpreter.phase is Phase.OVER
            if isinstance(effects[-1], fx.Finish):
                assert self.setting is not Setting.CALL
            if isinstance(effects[-1], fx.Refuse):
                assert not self.interpreter.answered
        self.fetches += sum(isinstance(effect, fx.Fetch) for effect in effects)

    @invariant()
    def documents_are_bounded(self) -> None:
        assert self.fetches <= 12

    @invariant()
    def a_room_is_known_while_inside(self) -> None:
        if self.interpreter is not None and self.interpreter.phase is Phase.INSIDE:
            assert self.interpreter.join is not None


InterpreterMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestInterpreterMachine = InterpreterMachine.TestCase
