"""How Bandwidth says no: one JSON shape for every status, `{"type", "description", "id"}`.

Owns the words for each status. `id` is null: nothing here is looked up by it.

Bandwidth docs, "Voice API Errors".
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.json import json_string

JSON: Final = "application/json"
REALM: Final = ("WWW-Authenticate", 'Basic realm="Bandwidth Voice API"')

_TYPES: Final = {
    401: "authentication-error",
    403: "authorization-error",
    429: "error",
    500: "internal-error",
    503: "system-overloaded",
}
"""The word in `type`; `validation` for every other status."""

_DESCRIPTIONS: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Access is denied",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Payload Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "An unknown internal error occurred",
    503: "Managing too many concurrent calls",
}

INVALID_CREDENTIALS: Final = "The credentials provided were invalid"
UNREADABLE_CREDENTIALS: Final = "Failed to decode basic authentication token"


class Refused(Exception):
    """A request ends here with `response`."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


def error(
    status: int, description: str | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> HttpResponse:
    """The answer for `status`; without a description the vendor's usual one."""
    text = description or _DESCRIPTIONS.get(status, "There is something wrong with the request")
    kind = _TYPES.get(status, "internal-error" if status >= 500 else "validation")
    body = f'{{"type":"{kind}","description":{json_string(text)},"id":null}}'
    return HttpResponse(status, body.encode(), JSON, headers)


def unauthorised(description: str | None = None) -> Refused:
    return Refused(error(401, description, (REALM,)))


def forbidden() -> Refused:
    return Refused(error(403))


def not_found(noun: str, key: str) -> Refused:
    """`Conference [conf-1234] not found`."""
    return Refused(error(404, f"{noun} [{key}] not found"))


def invalid(description: str) -> Refused:
    return Refused(error(400, description))


def out_of_range(field: str, low: int, high: int, value: int | str) -> Refused:
    """`pageSize must be within the range [1, 1000], but was 0`."""
    return invalid(f"{field} must be within the range [{low}, {high}], but was {value}")
