"""How Restcomm says no: a status, and almost always nothing else; of calls, a line of text.

Restcomm Connect API guide, "Responses".
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse

REALM: Final = ("WWW-Authenticate", 'Basic realm="Restcomm realm"')
_TEXT: Final = "text/plain"


class Refused(Exception):
    """A request ends here with `response`."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


def refused(status: int, headers: tuple[tuple[str, str], ...] = ()) -> Refused:
    """Ends a request with an empty body."""
    return Refused(HttpResponse(status, headers=headers))


def unauthorised() -> Refused:
    return refused(401, (REALM,))


def not_active() -> Refused:
    """The credentials are right and the account may not use them."""
    return Refused(HttpResponse(403, b"Account is not active", _TEXT))


def explained(status: int, text: str) -> Refused:
    """Ends a request with a line of text."""
    return Refused(HttpResponse(status, text.encode("utf-8", "replace"), _TEXT))
