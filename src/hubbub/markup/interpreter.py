"""Runs documents: an input comes in, effects come out.

A sans-IO machine. It owns where a call is in its program: which instruction runs, what must happen before
the next, when a fallback is asked and when it is enough. It never fetches, plays, waits or joins itself,
and knows no vendor: a `MarkupLanguage` reads documents and says what its vendor does on failure. Whoever
drives it performs the effects in order and feeds what came of the open one (`effects.py`).

The phases: IDLE → (BUSY with one open effect, or INSIDE a room) … → OVER. An input that does not fit the
phase changes nothing: a playback may end just after it was cut short.
"""

from collections import deque
from dataclasses import replace
from enum import StrEnum

from hubbub.domain.application import WebTarget
from hubbub.domain.call import HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.markup import effects as fx
from hubbub.markup.asking import Asking
from hubbub.markup.effects import Ask, Effect, Given, Input, Note, Purpose
from hubbub.markup.following import Concluding, FollowUp, follow_up
from hubbub.markup.instructions import (
    Bridge,
    Dial,
    Document,
    DocumentError,
    Gather,
    Hangup,
    Instruction,
    JoinConference,
    Meet,
    Pause,
    PauseRecording,
    Play,
    Record,
    Redirect,
    Reject,
    Remark,
    ReportDigits,
    ResumeRecording,
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
from hubbub.markup.language import AfterRefusal, Ending, FailureKind, MarkupLanguage
from hubbub.markup.limits import DEFAULT_LIMITS, MarkupLimits

__all__ = ["Given", "Interpreter", "Phase"]

MOMENT_MS = 500
"""What was over sooner did not keep the caller busy: it may be the machine's own time, or a key typed ahead."""
EVICTIONS = frozenset({LeaveReason.ENDED_BY_API, LeaveReason.MODERATOR_ENDED})


class Phase(StrEnum):
    IDLE = "idle"
    BUSY = "busy"
    """One open effect is being performed."""
    INSIDE = "inside"
    """In a room."""
    OVER = "over"


class Interpreter:
    """One call's program, or one that is run elsewhere (`setting`).

    In a room, and for one who waits, its end is `Finish`: nobody is hung up because it is over or wrong. One
    who was dialled meets the other side when it is over.
    """

    def __init__(
        self,
        language: MarkupLanguage,
        *,
        answered: bool,
        fallback: WebTarget | None = None,
        setting: Setting = Setting.CALL,
        limits: MarkupLimits = DEFAULT_LIMITS,
    ) -> None:
        """
        Args:
            answered: the call is answered already.
            fallback: asked when a document fails that has no fallback of its own, where the dialect has such
                a thing for the whole call.
        """
        self._language = language
        self._answered = answered
        self._asking = Asking(limits, fallback if language.fallback_covers_call else None)
        self._setting = setting
        self._phase = Phase.IDLE
        self._open: Effect | None = None
        self._program: deque[Instruction] = deque()
        self._document: Document | None = None
        self._document_target: WebTarget | None = None
        self._ending = False

    @property
    def phase(self) -> Phase:
        return self._phase

    @property
    def answered(self) -> bool:
        return self._answered

    @property
    def join(self) -> JoinConference | None:
        """The instruction that brought the call into its room, while it is there."""
        if self._phase is Phase.INSIDE and isinstance(self._open, fx.Join):
            return self._open.join
        return None

    def start(self, begin: Ask | Given | Document) -> list[Effect]:
        """Begin with a URL to ask, a document that was given, or one that was read before."""
        if self._phase is not Phase.IDLE:
            return []
        return self._begin(begin)

    def feed(self, event: Input) -> list[Effect]:
        """What to do now that `event` has happened."""
        if self._phase is Phase.OVER:
            return []
        if isinstance(event, fx.CallEnded):
            return self._ended(event.outcome)
        if isinstance(event, fx.Redirected):
            return self._redirected(event)
        if isinstance(event, fx.Digit):
            return self._digit(event.digit)
        if self._phase is Phase.INSIDE:
            return self._feed_inside(event)
        if self._phase is Phase.BUSY:
            return self._feed_busy(event)
        return []

    # --- inputs -------------------------------------------------------------------------------------------

    def _feed_busy(self, event: Input) -> list[Effect]:
        effect = self._open
        match effect, event:
            case fx.Fetch(), fx.Fetched():
                return self._fetched(effect.ask, event)
            case fx.Fetch(), fx.FetchFailed():
                kind = FailureKind.of_fetch(event.kind)
                return self._fail(kind, event.message, effect.ask.target.url, event.status)
            case fx.Answer(), fx.Answered():
                self._answered = True
                return self._run()
            case ((fx.Speak() | fx.PlayClip()), fx.PlaybackEnded()):
                return self._passed(event.heard_ms)
            case ((fx.Speak() | fx.PlayClip()), fx.PlaybackFailed()):
                return self._clip_failed(event)
            case ((fx.Wait() | fx.PlayRinging() | fx.DialDigits()), fx.PauseElapsed()):
                return self._passed(event.elapsed_ms)
            case fx.Collect(), fx.Collected():
                return self._concluded(effect, event)
            case fx.TakeMessage(), fx.MessageTaken():
                return self._concluded(effect, event)
            case ((fx.Connect() | fx.ConnectTo() | fx.Attend()), fx.Connected()):
                return self._concluded(effect, event)
            case fx.Collect(), fx.PlaybackFailed():
                return self._clip_failed(event)
            case fx.Join(), fx.Joined():
                self._phase = Phase.INSIDE
                self._asking.moment_passed()
                return []
            case fx.Join(), fx.JoinRefused():
                return self._join_refused(effect.join, event)
            case fx.Join(), fx.LeftConference():
                # It was let in and put out before the driver could say so.
                return self._left(effect.join, event)
            case _:
                return []

    def _passed(self, duration_ms: int) -> list[Effect]:
        """An instruction that took time is over: documents that follow are no longer "in a row"."""
        if duration_ms > 0:
            self._asking.moment_passed()
        return self._run()

    def _concluded(self, effect: Concluding, outcome: fx.Outcome) -> list[Effect]:
        """An instruction is over that its author may want to hear of."""
        if outcome.elapsed_ms >= MOMENT_MS:
            self._asking.moment_passed()
        notes: list[Effect] = []
        if isinstance(outcome, fx.Connected):
            self._answered = self._answered or outcome.bridged
            code = self._language.call_refused_code
            notes += self._notes([Remark(code, fault) for fault in outcome.faults])
        next_ = follow_up(effect, outcome)
        if next_.action is not None:
            return notes + self._ask(self._asked_after(next_, next_.action, outcome))
        return notes + (self._end(Ending(HangupCause.COMPLETED)) if next_.hang_up else self._run())

    def _asked_after(self, next_: FollowUp, action: WebTarget, outcome: fx.Outcome) -> Ask:
        return Ask(next_.purpose, action, next_.fallback or self._asking.fallback, outcome=outcome)

    def _ended(self, outcome: fx.Connected | fx.MessageTaken | fx.LeftConference | None) -> list[Effect]:
        """Nothing runs any more; some dialects tell the action all the same, and run nothing of its answer."""
        join = self.join
        effect = self._open if self._phase is Phase.BUSY else None
        self._phase = Phase.OVER
        self._program.clear()
        if outcome is None or not self._language.tells_after_hangup:
            return []
        if isinstance(outcome, fx.LeftConference):
            return (
                []
                if join is None or join.action is None
                else [fx.Fetch(self._after_stay(join.action, outcome))]
            )
        if not isinstance(effect, Concluding):
            return []
        next_ = follow_up(effect, outcome)
        return [] if next_.action is None else [fx.Fetch(self._asked_after(next_, next_.action, outcome))]

    def _feed_inside(self, event: Input) -> list[Effect]:
        join = self.join
        assert join is not None
        match event:
            case fx.LeftConference():
                return self._left(join, event)
            case fx.StayTimedOut():
                return [fx.Leave(LeaveReason.TIME_LIMIT)]
            case fx.WaitFailed():
                return self._wait_failed()
            case _:
                return []

    def _digit(self, digit: str) -> list[Effect]:
        join = self.join
        if join is not None and join.leave_on_star and digit == "*":
            return [fx.Leave(LeaveReason.DIGIT)]
        return []

    def _redirected(self, event: fx.Redirected) -> list[Effect]:
        """Drop what runs and begin again elsewhere."""
        before: list[Effect] = []
        if self._phase is Phase.INSIDE:
            before.append(fx.Leave(LeaveReason.REDIRECTED))
        elif isinstance(self._open, fx.Speak | fx.PlayClip | fx.PlayRinging | fx.Collect):
            before.append(fx.StopPlaying())
        self._program.clear()
        self._open = None
        self._ending = False
        self._asking.begin_anew()
        if self._setting is Setting.CALLED:
            self._setting = Setting.CALL
        if event.fallback is not None and self._language.fallback_covers_call:
            self._asking.fallback = event.fallback
        return before + self._begin(event.begin, event.fallback)

    def _begin(self, begin: "Ask | Given | Document", fallback: WebTarget | None = None) -> list[Effect]:
        if isinstance(begin, Ask):
            own = begin.fallback or fallback
            return self._ask(begin if own is begin.fallback else replace(begin, fallback=own))
        if isinstance(begin, Given):
            self._phase = Phase.BUSY
            self._document_target = None
            return self._read(begin.body, begin.content_type, None)
        return self._load(begin)

    def _wait_failed(self) -> list[Effect]:
        rules = self._language.wait_rules
        if rules.failure_hangs_up:
            return self._over(fx.HangUp(HangupCause.APPLICATION_ERROR))
        return [fx.Leave(LeaveReason.ADD_FAILED)] if rules.failure_leaves else []

    def _left(self, join: JoinConference, event: fx.LeftConference) -> list[Effect]:
        self._phase = Phase.BUSY
        self._open = None
        if join.action is not None:
            return self._ask(self._after_stay(join.action, event))
        if join.hang_up_when_evicted and event.reason in EVICTIONS:
            return self._over(fx.HangUp(HangupCause.COMPLETED))
        return self._run()

    def _after_stay(self, action: WebTarget, event: fx.LeftConference) -> Ask:
        details = self._language.stay_details(event.reason)
        outcome = None if event.recording is None else fx.Stayed(event.recording)
        return Ask(Purpose.ACTION, action, self._asking.fallback, details, outcome=outcome)

    def _join_refused(self, join: JoinConference, event: fx.JoinRefused) -> list[Effect]:
        verdict = self._language.refused(join, event.refusal)
        notes = self._notes([verdict.remark] if verdict.remark else [])
        if verdict.then is AfterRefusal.HANG_UP:
            return [*notes, *self._over(fx.HangUp(verdict.cause))]
        if verdict.then is AfterRefusal.ACTION and join.action is not None:
            details = self._language.stay_details(None)
            return [*notes, *self._ask(Ask(Purpose.ACTION, join.action, self._asking.fallback, details))]
        return [*notes, *self._run()]

    def _clip_failed(self, event: fx.PlaybackFailed) -> list[Effect]:
        verdict = self._language.clip_failed(event.kind)
        note = Note(verdict.code, event.message, event.url or self._url)
        if verdict.ending is not None and self._is_call and not self._ending:
            return [note, *self._end(verdict.ending)]
        return [note, *self._run()]

    # --- documents ----------------------------------------------------------------------------------------

    def _ask(self, ask: Ask) -> list[Effect]:
        if not self._asking.may_ask(ask):
            message = "too many documents one after another"
            return self._fail(FailureKind.LOOP, message, ask.target.url, None)
        return self._wait_for(fx.Fetch(ask))

    def _fetched(self, ask: Ask, event: fx.Fetched) -> list[Effect]:
        self._document_target = ask.target
        return self._read(event.body, event.content_type, event.url)

    def _read(self, body: bytes, content_type: str, url: str | None) -> list[Effect]:
        try:
            document = self._language.parse(body, content_type, url, setting=self._setting)
        except DocumentError as error:
            return self._fail(FailureKind.INVALID, error.message, url, None, code=error.code)
        return self._load(document)

    def _load(self, document: Document) -> list[Effect]:
        self._document = document
        self._program = deque(document.instructions)
        return [*self._notes(document.remarks), *self._run()]

    def _fail(
        self, kind: FailureKind, message: str, url: str | None, status: int | None, *, code: str | None = None
    ) -> list[Effect]:
        verdict = self._language.failed(kind, status)
        note = Note(code or verdict.code, message, url)
        self._program.clear()
        instead = self._asking.instead(self._open, note.code, url)
        if verdict.falls_back and instead is not None and not self._ending:
            return [note, *self._ask(instead)]
        if not self._is_call:
            return [note, *self._over(fx.Finish(failed=True))]
        return [note, *self._end(verdict.ending)]

    # --- instructions -------------------------------------------------------------------------------------

    def _run(self) -> list[Effect]:
        """Do instructions until one of them takes time."""
        done: list[Effect] = []
        while self._program:
            instruction = self._program.popleft()
            if not self._answered and self._is_call and self._language.answers_before(instruction):
                self._program.appendleft(instruction)
                return [*done, *self._wait_for(fx.Answer())]
            match instruction:
                case Skip() if instruction.action is not None:
                    done += self._notes([Remark(instruction.code, instruction.message)])
                    details = instruction.details
                    if details is None:
                        details = self._language.stay_details(None)
                    ask = Ask(Purpose.ACTION, instruction.action, self._asking.fallback, details)
                    return done + self._ask(ask)
                case Skip():
                    done += self._notes([Remark(instruction.code, instruction.message)])
                case SetTag():
                    done.append(fx.Retag(instruction.tag))
                case StartRecording() | StopRecording() | PauseRecording() | ResumeRecording():
                    done.append(fx.ControlRecording(instruction))
                case ReportDigits():
                    done.append(fx.ReportDigits(instruction.callbacks))
                case _:
                    return done + self._perform(instruction)
        return done + self._exhausted()

    def _perform(self, instruction: Instruction) -> list[Effect]:
        match instruction:
            case Say():
                return self._wait_for(fx.Speak(instruction))
            case Play():
                return self._wait_for(fx.PlayClip(instruction))
            case Pause():
                return self._wait_for(fx.Wait(instruction.duration_ms))
            case SendDigits():
                return self._wait_for(fx.DialDigits(instruction))
            case Ring():
                return self._wait_for(fx.PlayRinging(instruction))
            case Gather():
                return self._wait_for(fx.Collect(instruction))
            case Dial():
                return self._wait_for(fx.Connect(instruction))
            case Bridge():
                return self._wait_for(fx.ConnectTo(instruction))
            case Meet():
                return self._wait_for(fx.Attend(instruction))
            case Record():
                return self._wait_for(fx.TakeMessage(instruction))
            case JoinConference():
                return self._wait_for(fx.Join(instruction))
            case Redirect():
                fallback = instruction.fallback or self._asking.fallback
                waits = self._setting is Setting.WAITING
                purpose = Purpose.WAIT if waits else Purpose.REDIRECT
                return self._ask(Ask(purpose, instruction.target, fallback))
            case Hangup():
                return self._end(Ending(instruction.cause))
            case Reject():
                return self._end(Ending(instruction.cause if not self._answered else HangupCause.COMPLETED))
            case Unsupported():
                message = f"<{instruction.verb}> is not supported by this server"
                return self._fail(FailureKind.UNSUPPORTED, message, self._url, None)
            case _:  # pragma: no cover - `_run` takes the two that are left
                raise AssertionError(instruction)

    def _exhausted(self) -> list[Effect]:
        if self._setting is Setting.CALL:
            return self._end(self._language.exhausted(answered=self._answered))
        if self._setting is Setting.CALLED:
            self._setting = Setting.CALL
            return self._wait_for(fx.Attend(Meet()))
        document = self._document
        loops = self._setting is Setting.WAITING and self._language.wait_rules.loops
        if loops and document is not None and not self._asking.awaits_moment:
            # A document that took no time would begin again at once, for ever; so it is silence instead.
            self._asking.no_moment_passed()
            self._program = deque(document.instructions)
            return self._run()
        return self._over(fx.Finish())

    def _end(self, ending: Ending) -> list[Effect]:
        """End the call, with an apology if the dialect makes one and it has not been tried."""
        self._program.clear()
        if ending.apology is not None and not self._ending:
            self._ending = True
            self._program.extend([ending.apology, Hangup(ending.cause)])
            return self._run()
        self._ending = True
        if not self._answered and ending.answer_first:
            self._program.append(Hangup(ending.cause))
            return self._wait_for(fx.Answer())
        if self._answered:
            return self._over(fx.HangUp(ending.cause))
        # Who is hung up on before the answer was refused.
        refusal = HangupCause.REJECTED if ending.cause is HangupCause.COMPLETED else ending.cause
        return self._over(fx.Refuse(refusal))

    # --- small things -------------------------------------------------------------------------------------

    @property
    def _is_call(self) -> bool:
        return self._setting in (Setting.CALL, Setting.CALLED)

    @property
    def _url(self) -> str | None:
        return self._document_target.url if self._document_target else None

    def _notes(self, remarks: "tuple[Remark, ...] | list[Remark]") -> list[Effect]:
        return [Note(remark.code, remark.message, self._url) for remark in remarks]

    def _wait_for(self, effect: Effect) -> list[Effect]:
        self._phase = Phase.BUSY
        self._open = effect
        return [effect]

    def _over(self, effect: Effect) -> list[Effect]:
        self._phase = Phase.OVER
        self._program.clear()
        self._open = None
        return [effect]
