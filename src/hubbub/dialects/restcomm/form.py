"""Bodies of Restcomm's POSTs: forms, of which the first value of a name counts.

Owns reading single values. Only the word `true`, in any letter case, is true.

Restcomm Connect API guide, "Making calls", "Modifying live calls".
"""

from hubbub.dialects.contract import HttpRequest
from hubbub.dialects.restcomm.errors import explained, refused
from hubbub.dialects.shared.multipart import BadMultipart, is_multipart, parse_multipart
from hubbub.dialects.shared.query import Pairs, first, parse_form
from hubbub.domain.application import WebTarget
from hubbub.markup.urls import resolve_url

URL_ENCODED = "application/x-www-form-urlencoded"


def read_form(request: HttpRequest) -> Pairs:
    """The pairs of a body; none of an empty one.

    Raises:
        Refused: 415 for a body of another kind, 400 for a multipart body that is none.
    """
    content_type = request.headers.get("content-type", URL_ENCODED)
    if is_multipart(content_type):
        try:
            return parse_multipart(request.body, content_type)
        except BadMultipart as error:
            raise explained(400, str(error)) from None
    if request.body and content_type.partition(";")[0].strip().lower() != URL_ENCODED:
        raise refused(415)
    return parse_form(request.body)


def filled(form: Pairs, name: str) -> str | None:
    """The value without white space round it; None when nothing is left."""
    return (first(form, name) or "").strip() or None


def is_true(form: Pairs, name: str) -> bool:
    return (filled(form, name) or "").lower() == "true"


def read_target(form: Pairs, name: str, method_name: str) -> WebTarget | None:
    """The URL and method of two parameters; None without a URL. POST, unless it says GET.

    Raises:
        Refused: 400 for what is no absolute http or https URL.
    """
    text = filled(form, name)
    if text is None:
        return None
    url = resolve_url(None, text)
    if url is None:
        raise explained(400, f"{name} is no absolute http or https URL")
    return WebTarget(url, "GET" if (filled(form, method_name) or "").upper() == "GET" else "POST")
