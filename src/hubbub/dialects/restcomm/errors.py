"""How Restcomm says no: a status, and almost always nothing else.

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
