"""Twilio's refusals: the codes of its error dictionary, in the form that the URL's suffix asks for.

https://www.twilio.com/docs/usage/twilios-response#error-and-exceptions and
https://www.twilio.com/docs/api/errors. Owns codes, messages and bodies; which rule was broken is said by the
files that know the rule.
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.json import json_bytes
from hubbub.dialects.shared.xml import xml_text

MORE_INFO: Final = "https://www.twilio.com/docs/errors/"
CODES: Final = {
    400: 20001,
    401: 20003,
    403: 20403,
    404: 20404,
    405: 20004,
    409: 20409,
    429: 20429,
    500: 20500,
    503: 20503,
}
"""Status to the code of its general error; other statuses have none."""

JSON_TYPE: Final = "application/json"
XML_TYPE: Final = "application/xml"
XML_HEAD: Final = "<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse>"
XML_TAIL: Final = "</TwilioResponse>"


class TwilioError(Exception):
    """A refusal on its way out of a handler."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: int | None = None,
        detail: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """
        Args:
            code: from the error dictionary; None for the general one of the status.
        """
        super().__init__(message)
        self.status = status
        self.code = CODES.get(status) if code is None else code
        self.message = message
        self.detail = detail
        self.headers = headers


def unauthenticated() -> TwilioError:
    """401, code 20003. Unknown user, wrong password and an account out of reach are not told apart."""
    return TwilioError(
        401,
        "Authenticate",
        detail="Your AccountSid or AuthToken was incorrect.",
        headers=(("WWW-Authenticate", 'Basic realm="Twilio API"'),),
    )


def not_found(path: str) -> TwilioError:
    """404, code 20404."""
    return TwilioError(404, f"The requested resource {path} was not found")


def not_allowed(methods: tuple[str, ...] = ()) -> TwilioError:
    """405, code 20004: a method the resource has not, or a SID that cannot be one (then nothing is allowed)."""
    return TwilioError(405, "Method not allowed", headers=(("Allow", ", ".join(methods)),))


def invalid(name: str, rule: str) -> TwilioError:
    """400, code 20001."""
    return TwilioError(400, f"Invalid parameter {name}: {rule}")


def error_response(error: TwilioError, suffix: str) -> HttpResponse:
    """The body in JSON for `.json`, in XML for everything else.

    `status` and `message` are always there, `code` and `more_info` when the error has a code. A JSON object
    is never given the keys `type` and `title`: client libraries would take it for another standard's.
    """
    if suffix == ".json":
        fields: dict[str, object] = {}
        if error.code is not None:
            fields["code"] = error.code
        if error.detail is not None:
            fields["detail"] = error.detail
        fields["message"] = error.message
        if error.code is not None:
            fields["more_info"] = f"{MORE_INFO}{error.code}"
        fields["status"] = error.status
        return HttpResponse(error.status, json_bytes(fields), JSON_TYPE, error.headers)
    parts = [XML_HEAD, "<RestException>"]
    if error.code is not None:
        parts.append(f"<Code>{error.code}</Code>")
    if error.detail is not None:
        parts.append(f"<Detail>{xml_text(error.detail)}</Detail>")
    parts.append(f"<Message>{xml_text(error.message)}</Message>")
    if error.code is not None:
        parts.append(f"<MoreInfo>{MORE_INFO}{error.code}</MoreInfo>")
    parts.append(f"<Status>{error.status}</Status></RestException>{XML_TAIL}")
    return HttpResponse(error.status, "".join(parts).encode("utf-8", "replace"), XML_TYPE, error.headers)
