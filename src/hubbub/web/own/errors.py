"""The one form of every error below `/v1`: `{"status": 404, "code": "not-found", "message": "…"}`."""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.json import json_bytes

JSON: Final = "application/json"
CODES: Final = {
    400: "invalid",
    401: "unauthorised",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    422: "idempotency-key-reused",
    429: "too-many-failures",
    500: "failed",
    503: "busy",
}
CHALLENGE: Final = (("WWW-Authenticate", 'Basic realm="Hubbub"'),)


class Refused(Exception):
    """Carries the answer."""

    def __init__(self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.response = error(status, message, headers)


def error(status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    body = {"status": status, "code": CODES.get(status, "refused"), "message": message}
    return HttpResponse(status, json_bytes(body), JSON, headers)


def answer(value: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status, json_bytes(value), JSON)
