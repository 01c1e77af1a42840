"""The interpreter, input by input."""

import pytest

from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus, HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.domain.errors import ConferenceFull, LabelTaken
from hubbub.domain.ids import CallId
from hubbub.domain.recording import RecordingSource
from hubbub.markup.effects import (
    Answer,
    Answered,
    Ask,
    Attend,
    CallEnded,
    Collect,
    Collected,
    Connect,
    Connected,
    ConnectTo,
    ControlRecording,
    DialDigits,
    Digit,
    Failed,
    Fetch,
    Fetched,
    FetchFailed,
    Finish,
    HangUp,
    Join,
    Joined,
    JoinRefused,
    Leave,
    LeftConference,
    MessageTaken,
    Note,
    PauseElapsed,
    PlaybackEnded,
    PlaybackFailed,
    PlayClip,
    PlayRinging,
    Purpose,
    Redirected,
    Refuse,
    Retag,
    Speak,
    StayTimedOut,
    StopPlaying,
    Wait,
    WaitFailed,
)
from hubbub.markup.instructions import (
    Bridge,
    Dial,
    DialTarget,
    Document,
    Gather,
    Hangup,
    Instruction,
    JoinConference,
    Meet,
    Pause,
    Play,
    Record,
    RecordingWish,
    Redirect,
    Reject,
    Remark,
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
from hubbub.markup.interpreter import Given, Interpreter, Phase
from hubbub.markup.language import AfterRefusal, Ending, WaitRules
from hubbub.markup.limits import MarkupLimits
from markup_language import FakeLanguage

START = WebTarget("http://acme.example/start")
NEXT = WebTarget("http://acme.example/next")
PLAN_B = WebTarget("http://acme.example/plan-b")
ASK = Ask(Purpose.INCOMING, START)
ROOM = JoinConference("room")
CLIP = Play(WebTarget("http://acme.example/a.wav"))


def fetched(body: bytes = b"doc") -> Fetched:
    return Fetched("http://acme.example/doc", "text/xml", body)


def running(
    *instructions: Instruction, language: FakeLanguage | None = None, answered: bool = True, **options: object
) -> tuple[Interpreter, list[object]]:
    """An interpreter that was handed a document, and its first effects."""
    interpreter = Interpreter(language or FakeLanguage(), answered=answered, **options)  # type: ignore[arg-type]
    return interpreter, list(interpreter.start(Document(instructions, None)))


def test_a_call_is_asked_for_answered_spoken_to_and_hung_up() -> None:
    language = FakeLanguage()
    language.holds(b"doc", Say("hello"), CLIP)
    interpreter = Interpreter(language, answered=False)
    assert interpreter.start(ASK) == [Fetch(ASK)]
    assert interpreter.feed(fetched()) == [Answer()]
    assert interpreter.feed(Answered()) == [Speak(Say("hello"))]
    assert interpreter.feed(PlaybackEnded(500)) == [PlayClip(CLIP)]
    assert interpreter.feed(PlaybackEnded(500)) == [HangUp(HangupCause.COMPLETED)]
    assert interpreter.phase is Phase.OVER


@pytest.mark.parametrize(
    ("instruction", "effect", "outcome"),
    [
        (Say("a"), Speak(Say("a")), PlaybackEnded(1)),
        (CLIP, PlayClip(CLIP), PlaybackEnded(1)),
        (Pause(2000), Wait(2000), PauseElapsed(2000)),
        (SendDigits("1w"), DialDigits(SendDigits("1w")), PauseElapsed(1)),
        (Ring(5000), PlayRinging(Ring(5000)), PauseElapsed(5000)),
    ],
)
def test_an_instruction_takes_its_time_and_the_next_follows(
    instruction: Instruction, effect: object, outcome: object
) -> None:
    interpreter, effects = running(instruction, Pause(1))
    assert effects == [effect]
    assert interpreter.feed(outcome) == [Wait(1)]  # type: ignore[arg-type]


def test_a_reject_first_leaves_the_call_unanswered() -> None:
    _, effects = running(Reject(HangupCause.BUSY), answered=False)
    assert effects == [Refuse(HangupCause.BUSY)]


def test_a_pause_first_lets_it_ring_and_a_reject_may_follow() -> None:
    interpreter, effects = running(Pause(3000), Reject(HangupCause.REJECTED), answered=False)
    assert effects == [Wait(3000)]
    assert interpreter.feed(PauseElapsed(3000)) == [Refuse(HangupCause.REJECTED)]


def test_a_reject_after_the_answer_hangs_up() -> None:
    _, effects = running(Reject(HangupCause.BUSY), answered=True)
    assert effects == [HangUp(HangupCause.COMPLETED)]


def test_an_empty_document_ends_an_unanswered_call_as_the_dialect_has_it() -> None:
    interpreter, effects = running(answered=False, language=FakeLanguage(answer_first=True))
    assert effects == [Answer()]
    assert interpreter.feed(Answered()) == [HangUp(HangupCause.COMPLETED)]
    _, effects = running(answered=False, language=FakeLanguage(answer_first=False))
    assert effects == [Refuse(HangupCause.REJECTED)]


def test_hangup_drops_what_follows() -> None:
    _, effects = running(Hangup(), Say("never"))
    assert effects == [HangUp(HangupCause.COMPLETED)]


def test_tags_and_faulty_verbs_take_no_time() -> None:
    _, effects = running(SetTag("vip"), Skip("13520", "no text"), Pause(1))
    assert effects == [Retag("vip"), Note("13520", "no text", None), Wait(1)]


def test_a_faulty_verb_with_an_action_leads_there() -> None:
    _, effects = running(Skip("13240", "nobody", NEXT), Say("never"))
    ask = Ask(Purpose.ACTION, NEXT, None, (("Left", "None"),))
    assert effects == [Note("13240", "nobody", None), Fetch(ask)]


def test_remarks_on_a_document_are_noted_before_it_runs() -> None:
    language = FakeLanguage()
    language.holds(b"doc", Pause(1), remarks=(Remark("13235", "beep"),))
    interpreter = Interpreter(language, answered=True)
    interpreter.start(ASK)
    assert interpreter.feed(fetched()) == [Note("13235", "beep", START.url), Wait(1)]


def test_a_redirect_drops_the_rest_and_keeps_the_calls_fallback() -> None:
    _, effects = running(Redirect(NEXT), Say("never"), fallback=PLAN_B)
    assert effects == [Fetch(Ask(Purpose.REDIRECT, NEXT, PLAN_B))]


def test_a_given_document_is_read_without_an_address() -> None:
    language = FakeLanguage()
    language.holds(b"given", Pause(1))
    interpreter = Interpreter(language, answered=True)
    assert interpreter.start(Given(b"given", "text/xml")) == [Wait(1)]


# --- failures ---------------------------------------------------------------------------------------------


def test_a_failed_fetch_asks_the_fallback_and_tells_why() -> None:
    interpreter = Interpreter(FakeLanguage(), answered=False, fallback=PLAN_B)
    interpreter.start(ASK)
    effects = interpreter.feed(FetchFailed("timeout", "slow"))
    ask = Ask(Purpose.INCOMING, PLAN_B, None, (), Failed("f-timeout", START.url))
    assert effects == [Note("f-timeout", "slow", START.url), Fetch(ask)]


def test_the_askings_own_fallback_wins_over_the_calls() -> None:
    interpreter = Interpreter(FakeLanguage(), answered=True, fallback=PLAN_B)
    interpreter.start(Ask(Purpose.REDIRECT, START, NEXT))
    _, fetch = interpreter.feed(FetchFailed("connect", "refused"))
    assert isinstance(fetch, Fetch)
    assert fetch.ask.target == NEXT


def test_a_fallback_may_be_for_the_first_document_alone() -> None:
    interpreter, _ = running(
        Redirect(NEXT), language=FakeLanguage(fallback_covers_call=False), fallback=PLAN_B
    )
    assert isinstance(interpreter.feed(FetchFailed("connect", "refused"))[-1], HangUp)


def test_a_fallback_that_fails_too_ends_the_call() -> None:
    interpreter = Interpreter(FakeLanguage(answer_first=False), answered=False, fallback=PLAN_B)
    interpreter.start(ASK)
    interpreter.feed(FetchFailed("connect", "refused"))
    assert interpreter.feed(FetchFailed("status", "500", 500)) == [
        Note("f-status", "500", PLAN_B.url),
        Refuse(HangupCause.CALLBACK_FAILED),
    ]


def test_a_wrong_document_asks_the_fallback_and_that_one_runs() -> None:
    language = FakeLanguage()
    language.holds(b"b", Pause(1))
    interpreter = Interpreter(language, answered=True, fallback=PLAN_B)
    interpreter.start(ASK)
    note, fetch = interpreter.feed(fetched(b"nonsense"))
    assert isinstance(note, Note)
    assert note.code == "bad"
    assert isinstance(fetch, Fetch)
    assert interpreter.feed(fetched(b"b")) == [Wait(1)]


def test_an_apology_is_answered_first_said_and_then_the_call_ends() -> None:
    sorry = Say("sorry")
    interpreter = Interpreter(FakeLanguage(apology=sorry), answered=False)
    interpreter.start(ASK)
    note, answer = interpreter.feed(fetched(b"nonsense"))
    assert isinstance(note, Note)
    assert answer == Answer()
    assert interpreter.feed(Answered()) == [Speak(sorry)]
    assert interpreter.feed(PlaybackEnded(900)) == [HangUp(HangupCause.DOCUMENT_INVALID)]


def test_an_apology_that_cannot_be_spoken_still_ends_the_call() -> None:
    language = FakeLanguage(apology=Say("sorry"), clip_ending=Ending(HangupCause.APPLICATION_ERROR))
    interpreter = Interpreter(language, answered=True)
    interpreter.start(ASK)
    interpreter.feed(fetched(b"nonsense"))
    effects = interpreter.feed(PlaybackFailed("speech", "no engine"))
    assert effects[-1] == HangUp(HangupCause.DOCUMENT_INVALID)


def test_an_unsupported_verb_ends_the_call_and_is_never_skipped() -> None:
    _, effects = running(Unsupported("Gather"), Say("never"))
    assert effects == [
        Note("f-unsupported", "<Gather> is not supported by this server", None),
        HangUp(HangupCause.CALLBACK_FAILED),
    ]


def test_a_sound_that_cannot_be_had_is_passed_over_or_ends_the_call() -> None:
    failed = PlaybackFailed("status", "404", "http://acme.example/a.wav")
    interpreter, _ = running(CLIP, Pause(1))
    assert interpreter.feed(failed) == [Note("c-status", "404", failed.url), Wait(1)]
    strict = FakeLanguage(clip_ending=Ending(HangupCause.APPLICATION_ERROR))
    interpreter, _ = running(CLIP, Pause(1), language=strict)
    assert interpreter.feed(failed)[-1] == HangUp(HangupCause.APPLICATION_ERROR)


def test_redirects_without_end_are_cut_off() -> None:
    language = FakeLanguage()
    language.holds(b"doc", Redirect(START))
    interpreter = Interpreter(language, answered=True, limits=MarkupLimits(documents_in_a_row_max=5))
    effects = interpreter.start(ASK)
    fetches = 0
    while isinstance(effects[-1], Fetch):
        fetches += 1
        effects = interpreter.feed(fetched())
    assert fetches == 5
    assert effects[0] == Note("f-loop", "too many documents one after another", START.url)
    assert interpreter.phase is Phase.OVER


def test_a_moment_of_sound_makes_a_loop_legal_until_the_calls_limit() -> None:
    language = FakeLanguage()
    language.holds(b"doc", Pause(1000), Redirect(START))
    limits = MarkupLimits(documents_in_a_row_max=2, documents_per_call_max=20)
    interpreter = Interpreter(language, answered=True, limits=limits)
    effects = interpreter.start(ASK)
    fetches = 0
    while isinstance(effects[-1], Fetch):
        fetches += 1
        interpreter.feed(fetched())
        effects = interpreter.feed(PauseElapsed(1000))
    assert fetches == 20


def test_a_pause_of_no_length_does_not_make_a_loop_legal() -> None:
    language = FakeLanguage()
    language.holds(b"doc", Pause(0), Redirect(START))
    interpreter = Interpreter(language, answered=True, limits=MarkupLimits(documents_in_a_row_max=3))
    effects = interpreter.start(ASK)
    for _ in range(3):
        interpreter.feed(fetched())
        effects = interpreter.feed(PauseElapsed(0))
    assert isinstance(effects[-1], HangUp)


# --- rooms ------------------------------------------------------------------------------------------------


def inside(join: JoinConference, *rest: Instruction, **options: object) -> Interpreter:
    interpreter, effects = running(join, *rest, **options)  # type: ignore[arg-type]
    assert effects == [Join(join)]
    assert interpreter.feed(Joined()) == []
    assert interpreter.phase is Phase.INSIDE
    return interpreter


def test_after_the_room_the_next_instruction_runs() -> None:
    interpreter = inside(ROOM, Pause(1))
    assert interpreter.feed(LeftConference(LeaveReason.ENDED_BY_API)) == [Wait(1)]


def test_after_the_room_its_action_is_asked_and_the_rest_is_unreachable() -> None:
    interpreter = inside(JoinConference("room", action=NEXT), Pause(1))
    ask = Ask(Purpose.ACTION, NEXT, None, (("Left", "kicked"),))
    assert interpreter.feed(LeftConference(LeaveReason.KICKED)) == [Fetch(ask)]


def test_a_dialect_may_hang_up_those_whom_the_rooms_end_put_out() -> None:
    strict = JoinConference("room", hang_up_when_evicted=True)
    evicted = inside(strict, Pause(1)).feed(LeftConference(LeaveReason.MODERATOR_ENDED))
    assert evicted == [HangUp(HangupCause.COMPLETED)]
    assert inside(strict, Pause(1)).feed(LeftConference(LeaveReason.KICKED)) == [Wait(1)]


def test_the_star_leaves_only_where_it_was_asked_for() -> None:
    assert inside(ROOM).feed(Digit("*")) == []
    interpreter = inside(JoinConference("room", leave_on_star=True))
    assert interpreter.feed(Digit("5")) == []
    assert interpreter.feed(Digit("*")) == [Leave(LeaveReason.DIGIT)]


def test_a_stay_that_is_too_long_is_ended() -> None:
    assert inside(ROOM).feed(StayTimedOut()) == [Leave(LeaveReason.TIME_LIMIT)]


def test_waiting_that_fails_leaves_the_room_or_ends_the_call() -> None:
    assert inside(ROOM).feed(WaitFailed()) == [Leave(LeaveReason.ADD_FAILED)]
    lenient = FakeLanguage(rules=WaitRules(loops=True, failure_leaves=False, failure_hangs_up=False))
    assert inside(ROOM, language=lenient).feed(WaitFailed()) == []
    strict = FakeLanguage(rules=WaitRules(loops=True, failure_leaves=False, failure_hangs_up=True))
    assert inside(ROOM, language=strict).feed(WaitFailed()) == [HangUp(HangupCause.APPLICATION_ERROR)]


@pytest.mark.parametrize(
    ("then", "last"),
    [
        (AfterRefusal.NEXT, Wait(1)),
        (AfterRefusal.ACTION, Fetch(Ask(Purpose.ACTION, NEXT, None, (("Left", "None"),)))),
        (AfterRefusal.HANG_UP, HangUp(HangupCause.APPLICATION_ERROR)),
    ],
)
def test_a_room_that_refuses_leads_where_the_dialect_says(then: AfterRefusal, last: object) -> None:
    interpreter, _ = running(
        JoinConference("room", action=NEXT), Pause(1), language=FakeLanguage(after_refusal=then)
    )
    effects = interpreter.feed(JoinRefused(LabelTaken("label bob is in use")))
    assert effects == [Note("refused", "label bob is in use", None), last]


def test_a_refusal_may_be_no_fault_at_all() -> None:
    interpreter, _ = running(ROOM, Pause(1))
    assert interpreter.feed(JoinRefused(ConferenceFull("full"))) == [Wait(1)]


# --- digits -----------------------------------------------------------------------------------------------


def test_gathered_digits_are_told_to_the_action() -> None:
    gather = Gather((Say("menu"),), action=NEXT)
    interpreter, effects = running(gather, Say("never"))
    assert effects == [Collect(gather)]
    collected = Collected("12", "#", gather, 5)
    assert interpreter.feed(collected) == [Fetch(Ask(Purpose.GATHER, NEXT, outcome=collected))]


def test_no_digits_lead_on_unless_the_action_wants_to_know() -> None:
    interpreter, _ = running(Gather(action=NEXT), Pause(1))
    assert interpreter.feed(Collected("", "#", elapsed_ms=5)) == [Wait(1)]
    wants = Gather(action=NEXT, action_fallback=PLAN_B, action_on_empty=True)
    interpreter, _ = running(wants, Pause(1))
    nothing = Collected("", "", wants, 5)
    assert interpreter.feed(nothing) == [Fetch(Ask(Purpose.GATHER, NEXT, PLAN_B, outcome=nothing))]


def test_the_fallback_of_an_action_is_told_what_was_gathered_too() -> None:
    gather = Gather(action=NEXT, action_fallback=PLAN_B)
    interpreter, _ = running(gather)
    interpreter.feed(Collected("1", "", gather, 5))
    _, fetch = interpreter.feed(FetchFailed("timeout", "m"))
    assert isinstance(fetch, Fetch)
    assert (fetch.ask.target, fetch.ask.outcome) == (PLAN_B, Collected("1", "", gather, 5))


def test_a_menu_that_asks_itself_again_without_a_moments_wait_is_cut_off() -> None:
    gather = Gather(action=NEXT, action_on_empty=True, first_timeout_ms=0)
    language = FakeLanguage()
    language.holds(b"doc", gather)
    interpreter, _ = running(gather, language=language, limits=MarkupLimits(documents_in_a_row_max=3))
    asked = 0
    effects = interpreter.feed(Collected(""))
    while isinstance(effects[-1], Fetch):
        asked += 1
        interpreter.feed(fetched())
        effects = interpreter.feed(Collected(""))
    assert asked == 3


# --- being interrupted ------------------------------------------------------------------------------------


def test_a_redirect_from_outside_cuts_sound_short_and_drops_the_rest() -> None:
    interpreter, _ = running(CLIP, Say("never"))
    ask = Ask(Purpose.REDIRECT, NEXT)
    assert interpreter.feed(Redirected(ask)) == [StopPlaying(), Fetch(ask)]
    assert interpreter.feed(PlaybackEnded(5)) == []


def test_a_redirect_from_outside_takes_the_call_out_of_its_room() -> None:
    interpreter = inside(ROOM, Say("never"))
    ask = Ask(Purpose.REDIRECT, NEXT)
    assert interpreter.feed(Redirected(ask)) == [Leave(LeaveReason.REDIRECTED), Fetch(ask)]
    assert interpreter.feed(LeftConference(LeaveReason.REDIRECTED)) == []


def test_a_redirect_from_outside_may_bring_the_document_itself_and_a_fallback_for_the_call() -> None:
    language = FakeLanguage()
    language.holds(b"given", Redirect(START))
    interpreter, _ = running(Pause(1), Say("never"), language=language)
    fetch = Fetch(Ask(Purpose.REDIRECT, START, PLAN_B))
    assert interpreter.feed(Redirected(Given(b"given", "text/xml"), PLAN_B)) == [fetch]


def test_a_redirects_fallback_is_for_its_own_document_where_the_dialect_has_it_so() -> None:
    language = FakeLanguage(fallback_covers_call=False)
    language.holds(b"doc", Redirect(START))
    interpreter, _ = running(Pause(1), language=language)
    assert interpreter.feed(Redirected(ASK, PLAN_B)) == [Fetch(Ask(Purpose.INCOMING, START, PLAN_B))]
    assert interpreter.feed(fetched()) == [Fetch(Ask(Purpose.REDIRECT, START))]


def test_after_the_calls_end_nothing_is_done() -> None:
    interpreter, _ = running(CLIP, Say("never"))
    assert interpreter.feed(CallEnded()) == []
    assert interpreter.feed(PlaybackEnded(5)) == []
    assert interpreter.feed(Redirected(ASK)) == []


# --- waiting ----------------------------------------------------------------------------------------------


def test_a_wait_document_is_heard_once_and_then_it_is_silent() -> None:
    interpreter, effects = running(CLIP, setting=Setting.WAITING)
    assert effects == [PlayClip(CLIP)]
    assert interpreter.feed(PlaybackEnded(5)) == [Finish()]


def test_a_wait_document_goes_round_where_the_dialect_says_so() -> None:
    rules = WaitRules(loops=True, failure_leaves=False, failure_hangs_up=False)
    interpreter, _ = running(CLIP, setting=Setting.WAITING, language=FakeLanguage(rules=rules))
    for _ in range(10):
        assert interpreter.feed(PlaybackEnded(5)) == [PlayClip(CLIP)]


def test_a_wait_document_that_takes_no_time_is_silence() -> None:
    rules = WaitRules(loops=True, failure_leaves=False, failure_hangs_up=False)
    interpreter, _ = running(CLIP, setting=Setting.WAITING, language=FakeLanguage(rules=rules))
    effects = interpreter.feed(PlaybackFailed("status", "404"))
    while not isinstance(effects[-1], Finish):
        effects = interpreter.feed(PlaybackFailed("status", "404"))
    assert interpreter.phase is Phase.OVER


def test_a_document_that_runs_in_a_room_ends_without_hanging_up() -> None:
    interpreter, _ = running(CLIP, setting=Setting.ROOM)
    assert interpreter.feed(PlaybackEnded(5)) == [Finish()]


def test_who_was_dialled_meets_the_other_side_when_his_document_is_over() -> None:
    interpreter, _ = running(CLIP, setting=Setting.CALLED)
    assert interpreter.feed(PlaybackEnded(5)) == [Attend(Meet())]
    assert interpreter.feed(Connected(CallStatus.COMPLETED, bridged=True)) == [HangUp(HangupCause.COMPLETED)]


@pytest.mark.parametrize(
    ("instruction", "effect", "purpose"),
    [
        (Dial((DialTarget("+1"),), action=NEXT), Connect, Purpose.DIALLED),
        (Bridge(CallId("d" * 32), action=NEXT), ConnectTo, Purpose.BRIDGED),
        (Meet(action=NEXT), Attend, Purpose.BRIDGE_TARGET),
    ],
)
def test_a_connection_that_is_over_is_told_to_the_action(
    instruction: Instruction, effect: type, purpose: Purpose
) -> None:
    interpreter, effects = running(instruction, Say("never"))
    assert isinstance(effects[0], effect)
    outcome = Connected(CallStatus.BUSY, elapsed_ms=5)
    assert interpreter.feed(outcome) == [Fetch(Ask(purpose, NEXT, outcome=outcome))]


def test_who_cannot_be_called_at_all_is_noted() -> None:
    interpreter, _ = running(Dial((DialTarget("+1"),)), Pause(1))
    outcome = Connected(CallStatus.FAILED, faults=("no trunk leads there",))
    assert interpreter.feed(outcome) == [Note("no-call", "no trunk leads there", None), Wait(1)]


def test_a_dial_that_fails_at_once_and_is_asked_for_again_is_a_loop() -> None:
    dial = Dial((DialTarget("+1"),), action=NEXT)
    language = FakeLanguage()
    language.holds(b"doc", dial)
    interpreter, _ = running(dial, language=language, limits=MarkupLimits(documents_in_a_row_max=3))
    effects = interpreter.feed(Connected(CallStatus.FAILED, elapsed_ms=20))
    asked = 0
    while isinstance(effects[-1], Fetch):
        asked += 1
        interpreter.feed(fetched())
        effects = interpreter.feed(Connected(CallStatus.FAILED, elapsed_ms=20))
    assert asked == 3


def test_after_a_connection_without_an_action_the_next_instruction_runs_or_the_call_ends() -> None:
    done = Connected(CallStatus.COMPLETED, bridged=True)
    interpreter, _ = running(Dial((DialTarget("+1"),)), Pause(1))
    assert interpreter.feed(done) == [Wait(1)]
    ends = Dial((DialTarget("+1"),), hang_up_after=True)
    assert running(ends, Pause(1))[0].feed(done) == [HangUp(HangupCause.COMPLETED)]
    assert running(ends, Pause(1))[0].feed(Connected(CallStatus.BUSY)) == [Wait(1)]


def test_a_connection_that_answered_the_caller_leaves_him_answered() -> None:
    interpreter, _ = running(Dial((DialTarget("+1"),)), answered=False)
    interpreter.feed(Answered())
    interpreter, _ = running(Bridge(CallId("d" * 32)), Hangup(), answered=True)
    assert interpreter.feed(Connected(CallStatus.COMPLETED, bridged=True)) == [HangUp(HangupCause.COMPLETED)]


def test_a_message_is_told_and_one_without_a_word_only_where_it_is_wanted() -> None:
    wish = RecordingWish(RecordingSource.RECORD_VERB)
    record = Record(wish, action=NEXT, action_on_empty=False)
    taken = MessageTaken(None, "#", elapsed_ms=3)
    assert running(record)[0].feed(taken) == [Fetch(Ask(Purpose.RECORDED, NEXT, outcome=taken))]
    interpreter, _ = running(record, Pause(1))
    assert interpreter.feed(MessageTaken(None, is_empty=True)) == [Wait(1)]


def test_recordings_are_begun_and_ended_in_passing() -> None:
    start, stop = StartRecording(), StopRecording()
    _, effects = running(start, stop, Pause(1))
    assert effects == [ControlRecording(start), ControlRecording(stop), Wait(1)]


def test_the_action_is_told_though_the_caller_has_gone_where_the_dialect_has_it_so() -> None:
    record = Record(RecordingWish(RecordingSource.RECORD_VERB), action=NEXT)
    taken = MessageTaken(None, caller_left=True)
    interpreter, _ = running(record)
    assert interpreter.feed(CallEnded(taken)) == [Fetch(Ask(Purpose.RECORDED, NEXT, outcome=taken))]
    assert interpreter.feed(fetched()) == []
    interpreter, _ = running(record, language=FakeLanguage(tells_after_hangup=False))
    assert interpreter.feed(CallEnded(taken)) == []


def test_the_action_of_a_stay_is_told_though_the_caller_hung_up_inside() -> None:
    gone = LeftConference(LeaveReason.HUNG_UP)
    join = JoinConference("standup", action=NEXT)
    interpreter, _ = running(join, answered=True)
    interpreter.feed(Joined())
    [effect] = interpreter.feed(CallEnded(gone))
    assert isinstance(effect, Fetch)
    assert (effect.ask.purpose, effect.ask.target) == (Purpose.ACTION, NEXT)
    assert interpreter.feed(fetched()) == []
    for silent in (
        running(join, answered=True, language=FakeLanguage(tells_after_hangup=False))[0],
        running(JoinConference("standup"), answered=True)[0],
    ):
        silent.feed(Joined())
        assert silent.feed(CallEnded(gone)) == []


def test_a_wrong_document_for_one_who_was_dialled_ends_that_call_and_for_a_room_nothing() -> None:
    _, effects = running(Unsupported("Refer"), setting=Setting.CALLED)
    assert effects[-1] == HangUp(HangupCause.CALLBACK_FAILED)
    _, effects = running(Unsupported("Refer"), setting=Setting.ROOM)
    assert effects[-1] == Finish(failed=True)


def test_a_wait_document_that_cannot_be_had_says_so() -> None:
    interpreter = Interpreter(FakeLanguage(), answered=True, setting=Setting.WAITING)
    interpreter.start(Ask(Purpose.WAIT, START))
    assert interpreter.feed(FetchFailed("status", "500", 500))[-1] == Finish(failed=True)
