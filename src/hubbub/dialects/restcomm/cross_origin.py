"""Which web pages may call the Restcomm API (Fetch Standard, "CORS protocol").

Only those of the one application server that an operator names. Released Restcomm lets pass any Origin that
its setting merely starts with, and so `https://app.exam` where the setting says `https://app.example`; here
scheme, host and port have to be the setting's.
"""

from typing import Final

from hubbub.dialects.contract import HttpRequest

_ALLOWED: Final = (
    ("Access-Control-Allow-Headers", "origin, content-type, accept, authorization"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS, HEAD"),
    ("Access-Control-Max-Age", "1209600"),
    ("Vary", "Origin"),
)


def allowance(request: HttpRequest, application_url: str) -> tuple[tuple[str, str], ...]:
    """The headers that let the page read the answer; none for any other origin."""
    origin = request.headers.get("origin")
    if not origin or not application_url or origin != "/".join(application_url.split("/", 3)[:3]):
        return ()
    return (("Access-Control-Allow-Origin", origin), *_ALLOWED)
