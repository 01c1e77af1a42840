"""`<Gather>`, `<StartGather>` and `<StopGather>`.

Bandwidth Voice API, "Gather" and "Start Gather". Speech is accepted and not understood: who asks for speech
alone waits for `firstDigitTimeout` and is told of no digits.
"""

from typing import Final

from hubbub.dialects.bandwidth.callback_words import DTMF, wish
from hubbub.dialects.bandwidth.markup_attributes import BxmlElement
from hubbub.dialects.bandwidth.markup_sound import read_audio, read_speech
from hubbub.domain.errors import InvalidValue
from hubbub.markup.instructions import Gather, Instruction, Prompt, ReportDigits
from hubbub.markup.limits import MarkupLimits

PROMPTS_MAX: Final = 20
"""Nested verbs times `repeatCount`."""
_KEYS: Final = frozenset("0123456789*#ABCD")


def read_gather(element: BxmlElement, limits: MarkupLimits) -> list[Instruction]:
    """A gather, after the change of the tag. Without a `gatherUrl` the digits are dropped."""
    prompts = tuple([_read_prompt(child, limits) for child in element.children])
    repeat = element.whole("repeatCount", 1, minimum=1, maximum=PROMPTS_MAX)
    if len(prompts) * repeat > PROMPTS_MAX:
        raise InvalidValue(
            "repeatCount", f"line {element.line}: over {PROMPTS_MAX} verbs in <Gather>, times repeatCount"
        )
    keys = (element.value("terminatingDigits") or "").upper()
    if not set(keys) <= _KEYS:
        raise InvalidValue("terminatingDigits", f"line {element.line}: terminatingDigits are of 0-9 * # A-D")
    given = (element.value("input") or "dtmf").lower()
    return element.tagged(
        Gather(
            prompts=prompts,
            repeat=repeat,
            digits_max=element.whole("maxDigits", 50, minimum=1, maximum=50),
            finish_keys=keys,
            first_timeout_ms=element.milliseconds("firstDigitTimeout", 5.0, minimum=0.0, maximum=60.0),
            next_timeout_ms=element.milliseconds("interDigitTimeout", 5.0, minimum=1.0, maximum=60.0),
            takes_digits=given != "speech",
            takes_speech=given != "dtmf",
            action=element.target("gatherUrl", "gatherMethod", "username", "password"),
            action_fallback=element.target(
                "gatherFallbackUrl", "gatherFallbackMethod", "fallbackUsername", "fallbackPassword"
            ),
            action_on_empty=True,
        )
    )


def read_start_gather(element: BxmlElement) -> list[Instruction]:
    """A wish to be told of every digit."""
    target = element.target("dtmfUrl", "dtmfMethod", "username", "password")
    if target is None:
        raise InvalidValue("dtmfUrl", f"line {element.line}: <StartGather> needs a dtmfUrl")
    return element.tagged(ReportDigits(wish(DTMF, target)))


def _read_prompt(element: BxmlElement, limits: MarkupLimits) -> Prompt:
    match element.name:
        case "SpeakSentence":
            return read_speech(element, limits)
        case "PlayAudio":
            return read_audio(element)
        case name:
            raise InvalidValue(name, f"line {element.line}: <{name}> has no place in <Gather>")
