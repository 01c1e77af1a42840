"""A markup language for tests of the interpreter: its documents are looked up by their bytes."""

from dataclasses import dataclass, field

from hubbub.domain.call import HangupCause
from hubbub.domain.conference import LeaveReason
from hubbub.domain.errors import ConferenceFull, Refusal
from hubbub.markup.effects import Ask
from hubbub.markup.instructions import (
    Document,
    DocumentError,
    Instruction,
    JoinConference,
    Pause,
    Redirect,
    Reject,
    Remark,
    Say,
    SetTag,
    Setting,
    Skip,
    Unsupported,
)
from hubbub.markup.language import (
    AfterRefusal,
    ClipFailure,
    DocumentRequest,
    Ending,
    Failure,
    FailureKind,
    JoinRefusal,
    MarkupCall,
    MarkupRoom,
    WaitRules,
)

PLAIN_WAITING = WaitRules(loops=False, failure_leaves=True, failure_hangs_up=False)


@dataclass
class FakeLanguage:
    """Says what it is told to say."""

    documents: dict[bytes, Document] = field(default_factory=dict)
    apology: Say | None = None
    answer_first: bool = True
    rules: WaitRules = PLAIN_WAITING
    after_refusal: AfterRefusal = AfterRefusal.NEXT
    clip_ending: Ending | None = None
    name: str = "fake"
    fallback_covers_call: bool = True
    tells_after_hangup: bool = True
    recording_refused_code: str = "no-recording"
    call_refused_code: str = "no-call"

    @property
    def wait_rules(self) -> WaitRules:
        return self.rules

    def holds(self, key: bytes, *instructions: Instruction, remarks: tuple[Remark, ...] = ()) -> None:
        self.documents[key] = Document(instructions, "http://acme.example/" + key.decode(), remarks)

    def parse(
        self, body: bytes, content_type: str, url: str | None, *, setting: Setting = Setting.CALL
    ) -> Document:
        if body not in self.documents:
            raise DocumentError("bad", f"no document {body!r}")
        return self.documents[body]

    def request(self, call: MarkupCall, ask: Ask) -> DocumentRequest:
        return DocumentRequest(ask.target.url, ask.target.method)

    def room_request(self, room: MarkupRoom, ask: Ask) -> DocumentRequest:
        return DocumentRequest(ask.target.url, ask.target.method)

    def answers_before(self, instruction: Instruction) -> bool:
        return not isinstance(instruction, Reject | Pause | Redirect | SetTag | Skip | Unsupported)

    def exhausted(self, *, answered: bool) -> Ending:
        return Ending(HangupCause.COMPLETED, self.answer_first)

    def failed(self, kind: FailureKind, status: int | None = None) -> Failure:
        cause = HangupCause.DOCUMENT_INVALID if kind is FailureKind.INVALID else HangupCause.CALLBACK_FAILED
        return Failure(
            f"f-{kind}", kind is not FailureKind.LOOP, Ending(cause, self.answer_first, self.apology)
        )

    def clip_failed(self, kind: str) -> ClipFailure:
        return ClipFailure(f"c-{kind}", self.clip_ending)

    def refused(self, join: JoinConference, refusal: Refusal) -> JoinRefusal:
        remark = None if isinstance(refusal, ConferenceFull) else Remark("refused", str(refusal))
        return JoinRefusal(remark, self.after_refusal)

    def stay_details(self, reason: LeaveReason | None) -> tuple[tuple[str, str], ...]:
        return (("Left", str(reason)),)
