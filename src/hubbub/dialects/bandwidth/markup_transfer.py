"""`<Transfer>`, `<Bridge>` and `<Forward>`: being connected with others outside of a conference.

Bandwidth Voice API, "Transfer", "PhoneNumber", "SipUri", "Bridge", "Forward". Diversion, privacy and UUI are
checked where they have a form and are not carried to the far end.
"""

from typing import Final

from hubbub.dialects.bandwidth.callback_words import TRANSFER_DISCONNECT, wish
from hubbub.dialects.bandwidth.ids import CALL, parse
from hubbub.dialects.bandwidth.markup_attributes import BxmlElement
from hubbub.domain.application import normalise_address
from hubbub.domain.errors import InvalidValue
from hubbub.domain.ids import CallId
from hubbub.markup.instructions import Bridge, Dial, DialTarget, Hangup, Instruction, Meet

TARGETS_MAX: Final = 8
RING_DEFAULT_S: Final = 30.0
RING_MAX_S: Final = 300.0


def read_transfer(element: BxmlElement) -> list[Instruction]:
    """Rings all, and the first to answer wins."""
    children = element.children
    if not 1 <= len(children) <= TARGETS_MAX:
        raise InvalidValue("Transfer", f"line {element.line}: <Transfer> holds 1 to {TARGETS_MAX} addresses")
    return element.tagged(
        Dial(
            targets=tuple([_read_target(child) for child in children]),
            caller_id=element.value("transferCallerId"),
            display_name=element.value("transferCallerDisplayName"),
            ring_ms=_ring_ms(element),
            action=element.target("transferCompleteUrl", "transferCompleteMethod", "username", "password"),
            action_fallback=element.target(
                "transferCompleteFallbackUrl",
                "transferCompleteFallbackMethod",
                "fallbackUsername",
                "fallbackPassword",
            ),
        )
    )


def _read_target(element: BxmlElement) -> DialTarget:
    match element.name:
        case "PhoneNumber":
            to = _number(element, element.name, element.text)
        case "SipUri":
            to = element.text
            if not to.lower().startswith(("sip:", "sips:")):
                raise InvalidValue("SipUri", f"line {element.line}: {to[:80]!r} is no SIP address")
        case name:
            raise InvalidValue(name, f"line {element.line}: <{name}> has no place in <Transfer>")
    disconnect = element.target("transferDisconnectUrl", "transferDisconnectMethod", "username", "password")
    return DialTarget(
        to=to,
        screen=element.target("transferAnswerUrl", "transferAnswerMethod", "username", "password"),
        screen_fallback=element.target(
            "transferAnswerFallbackUrl",
            "transferAnswerFallbackMethod",
            "fallbackUsername",
            "fallbackPassword",
        ),
        tag=element.checked_tag(element.value("tag") or ""),
        callbacks=wish(TRANSFER_DISCONNECT, disconnect),
    )


def read_bridge(element: BxmlElement) -> list[Instruction]:
    """The other call drops its document. Without a `bridgeTargetCompleteUrl` it is hung up at the end."""
    parsed = parse(CALL, element.text)
    if parsed is None:
        raise InvalidValue("Bridge", f"line {element.line}: {element.text[:80]!r} is no call id")
    return element.tagged(
        Bridge(
            call_id=CallId(parsed.id),
            action=element.target("bridgeCompleteUrl", "bridgeCompleteMethod", "username", "password"),
            action_fallback=element.target(
                "bridgeCompleteFallbackUrl",
                "bridgeCompleteFallbackMethod",
                "fallbackUsername",
                "fallbackPassword",
            ),
            meet=Meet(
                action=element.target(
                    "bridgeTargetCompleteUrl", "bridgeTargetCompleteMethod", "username", "password"
                ),
                action_fallback=element.target(
                    "bridgeTargetCompleteFallbackUrl",
                    "bridgeTargetCompleteFallbackMethod",
                    "fallbackUsername",
                    "fallbackPassword",
                ),
            ),
        )
    )


def read_forward(element: BxmlElement) -> list[Instruction]:
    """The caller hears his own telephone ring until the other side answers; nothing follows it."""
    to = element.value("to")
    if to is None:
        raise InvalidValue("to", f"line {element.line}: <Forward> needs a to")
    if not to.lower().startswith(("sip:", "sips:")):
        to = _number(element, "to", to)
    dial = Dial(
        targets=(DialTarget(to),),
        caller_id=element.value("from"),
        display_name=element.value("callerDisplayName"),
        ring_ms=_ring_ms(element),
        answer_on_bridge=True,
        hang_up_after=True,
    )
    return [dial, Hangup()]


def _ring_ms(element: BxmlElement) -> int:
    return element.milliseconds("callTimeout", RING_DEFAULT_S, minimum=1.0, maximum=RING_MAX_S)


def _number(element: BxmlElement, name: str, text: str) -> str:
    number = normalise_address(text)
    if not (number.startswith("+") and number[1:].isdigit() and number.isascii()):
        raise InvalidValue(name, f"line {element.line}: {text[:80]!r} is no number in E.164")
    return number
