"""Making a call. The answer says everything that was asked for as it was understood, passwords masked.

`machineDetection` is read and has no effect: nobody here tells people from machines, and no
`machineDetectionResult` is ever sent, which the vendor's applications must expect anyway.

Bandwidth API reference, `createCall`.
"""

import re
from typing import Any, Final

from hubbub.dialects.bandwidth import callback_words
from hubbub.dialects.bandwidth.bodies import JsonBody, read_json
from hubbub.dialects.bandwidth.calls import call_url
from hubbub.dialects.bandwidth.errors import JSON, Refused, error, invalid
from hubbub.dialects.bandwidth.ids import call_text
from hubbub.dialects.bandwidth.update_call import read_tag
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.shared.dates import iso_ms
from hubbub.dialects.shared.json import json_bytes
from hubbub.domain.account import Account
from hubbub.domain.application import Application
from hubbub.domain.call import CallLeg
from hubbub.domain.errors import InvalidValue, ServerDraining, ServerFull
from hubbub.domain.ids import ApplicationId, uuid_text
from hubbub.markup.effects import Ask, Purpose
from hubbub.services.commands import CallWish

REQUIRED: Final = ("from", "to", "answerUrl", "applicationId")
CALL_TIMEOUT_S: Final = 30
CALLBACK_TIMEOUT_S: Final = 15
PRIORITY: Final = 5
UUI_LENGTH_MAX: Final = 350
DISPLAY_NAME_LENGTH_MAX: Final = 256
ANONYMOUS: Final = frozenset({"Restricted", "Anonymous", "Private", "Unavailable"})
MASK: Final = "*****"

_E164: Final = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
_SIP_URI: Final = re.compile(r"sips?:[^\s@<>\"]+@[^\s@<>\"]+", re.IGNORECASE)
_UUI: Final = re.compile(r"[^\s,;]+;encoding=(?:jwt|base64|hex)")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def create_call(request: HttpRequest, desk: Desk, account: Account) -> HttpResponse:
    """POST accounts/{accountId}/calls → 201 with `Location`; the call waits for its turn."""
    body = read_json(request)
    missing = [name for name in REQUIRED if not body.text(name)]
    if missing:
        fields = ", ".join(("from", "to", "answerUrl", "applicationId"))
        raise invalid(f"Missing at least one required field. Required fields are [{fields}]")
    to, from_ = body.text("to") or "", body.text("from") or ""
    if not (_E164.fullmatch(to) or _SIP_URI.fullmatch(to)):
        raise invalid("Invalid to: must be an E164 telephone number")
    if not _E164.fullmatch(from_):
        raise invalid("Invalid from: must be an E164 telephone number")
    strict = desk.settings.strict
    answer = body.target("answerUrl", "answerMethod", "username", "password", strict=strict)
    assert answer is not None
    fallback = body.target(
        "answerFallbackUrl", "answerFallbackMethod", "fallbackUsername", "fallbackPassword", strict=strict
    )
    disconnect = body.target("disconnectUrl", "disconnectMethod", "username", "password", strict=strict)
    call_timeout_s = body.number("callTimeout", 1, 300)
    callback_timeout_s = body.number("callbackTimeout", 1, 25)
    tag = read_tag(body, desk, "Could not create call")
    priority = body.integer("priority", 1, 5)
    display_name, headers = _identity(body)
    _check_machine_detection(body)
    application = await _application(desk, account, body.text("applicationId") or "")
    wish = CallWish(
        account,
        to,
        from_,
        "bandwidth",
        begin=Ask(Purpose.ANSWERED, answer, fallback),
        application_id=application.id,
        timeout_s=float(call_timeout_s or CALL_TIMEOUT_S),
        callback_timeout_s=None if callback_timeout_s is None else float(callback_timeout_s),
        display_name=display_name,
        headers=headers,
        tag=tag or None,
        priority=priority or PRIORITY,
        callbacks=callback_words.wish(
            callback_words.DISCONNECT,
            disconnect,
            timeout_s=None if callback_timeout_s is None else float(callback_timeout_s),
        ),
    )
    try:
        placed = await desk.commands.calls.place(wish)
    except InvalidValue as refusal:
        raise invalid(f"Could not create call: {refusal}") from None
    except ServerFull:
        raise Refused(error(429, "Account concurrent call limit exceeded")) from None
    except ServerDraining:
        raise Refused(error(503)) from None
    leg = placed.leg
    said = _resolved(body, request, desk, account, leg)
    said |= {
        "to": to,
        "from": from_,
        "callTimeout": call_timeout_s or CALL_TIMEOUT_S,
        "callbackTimeout": callback_timeout_s or CALLBACK_TIMEOUT_S,
        "tag": tag or None,
        "priority": wish.priority,
        "answerUrl": answer.url,
        "answerFallbackUrl": None if fallback is None else fallback.url,
        "disconnectUrl": None if disconnect is None else disconnect.url,
        "displayName": body.text("displayName"),
        "privacy": body.boolean("privacy"),
        "uui": body.text("uui"),
    }
    return HttpResponse(201, json_bytes(said), JSON, (("Location", str(said["callUrl"])),))


def _resolved(
    body: JsonBody, request: HttpRequest, desk: Desk, account: Account, leg: CallLeg
) -> dict[str, Any]:
    """What the answer says of the call itself, and what of the request comes back as a default or masked."""
    site = desk.settings.site
    assert leg.application_id is not None
    masked = {name: None if body.text(name) is None else MASK for name in ("password", "fallbackPassword")}
    return {
        "applicationId": uuid_text(leg.application_id),
        "accountId": account.bandwidth_id,
        "callId": call_text(leg, site),
        "callUrl": call_url(request.base_url, account, leg, site),
        "enqueuedTime": iso_ms(leg.created_at_ms),
        "answerMethod": body.method("answerMethod", "answerUrl"),
        "answerFallbackMethod": body.method("answerFallbackMethod", "answerFallbackUrl"),
        "disconnectMethod": body.method("disconnectMethod", "disconnectUrl"),
        "username": body.text("username"),
        "fallbackUsername": body.text("fallbackUsername"),
    } | masked


async def _application(desk: Desk, account: Account, text: str) -> Application:
    """The account's application with this id.

    Raises:
        Refused: 400, for malformed, unknown and foreign ids alike.
    """
    application = None
    if _UUID.fullmatch(text) is not None:
        application = await desk.store.read.application(ApplicationId(text.replace("-", "").lower()))
    if application is None or application.account_id != account.id:
        raise invalid(f"Could not create call: Application id {text[:80]} not found")
    return application


def _identity(body: JsonBody) -> tuple[str | None, dict[str, str]]:
    """The name shown to the far end, and SIP headers: privacy (RFC 3323) and user-to-user data (RFC 7433)."""
    name = body.text("displayName", DISPLAY_NAME_LENGTH_MAX)
    if name is not None and any(ord(ch) < 0x20 or ord(ch) == 0x7F for ch in name):
        raise invalid("Invalid displayName: must not contain control characters")
    headers: dict[str, str] = {}
    if body.boolean("privacy"):
        if name is not None and name not in ANONYMOUS:
            raise invalid(
                "Invalid displayName: must be one of [Restricted, Anonymous, Private, Unavailable] with privacy"
            )
        headers["Privacy"] = "id"
        name = name or "Anonymous"
    uui = body.text("uui")
    if uui:
        if len(uui) > UUI_LENGTH_MAX:
            raise invalid(f"uui must contain at most {UUI_LENGTH_MAX} characters")
        if any(_UUI.fullmatch(each.strip()) is None for each in uui.split(",")):
            raise invalid("Invalid uui: each value must end in ;encoding=jwt, base64 or hex")
        headers["User-to-User"] = uui
    return name, headers


def _check_machine_detection(body: JsonBody) -> None:
    wish = body.value("machineDetection")
    if wish is None:
        return
    if not isinstance(wish, dict):
        raise invalid("Invalid machineDetection: must be an object")
    detection = JsonBody(wish)
    detection.choice("mode", ("sync", "async"), "async")
    for name in ("detectionTimeout", "silenceTimeout", "speechThreshold", "speechEndThreshold"):
        detection.number(name, 0, 3600)
    detection.number("machineSpeechEndThreshold", 0, 3600)
    detection.boolean("delayResult")
    detection.target("callbackUrl", "callbackMethod", "username", "password")
    detection.target("fallbackUrl", "fallbackMethod", "fallbackUsername", "fallbackPassword")
