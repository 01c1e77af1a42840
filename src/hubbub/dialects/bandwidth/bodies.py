"""Request bodies: a JSON object field by field, or a BXML document, each with the vendor's words for what is wrong.

An explicit null is as good as nothing, since the C# client sends every field it knows; fields that nobody
knows are passed over, since others send more than the operation takes.

Bandwidth API reference, "Voice"; "Voice API Errors".
"""

from typing import Any, Final

import msgspec

from hubbub.dialects.bandwidth.errors import Refused, error, invalid, out_of_range
from hubbub.dialects.bandwidth.markup import BxmlLanguage
from hubbub.dialects.contract import HttpRequest
from hubbub.domain.application import WebTarget
from hubbub.markup.instructions import Document, DocumentError, Setting
from hubbub.markup.limits import DEFAULT_LIMITS
from hubbub.markup.urls import resolve_url

URL_LENGTH_MAX: Final = 2_048
CREDENTIAL_LENGTH_MAX: Final = 1_024
JSON_TYPES: Final = frozenset({"application/json"})
XML_TYPES: Final = frozenset({"application/xml", "text/xml"})
METHODS: Final = ("GET", "POST")
_LANGUAGE: Final = BxmlLanguage()


class JsonBody:
    """The fields of a JSON object. Every reader raises Refused (400) for a wrong value."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def value(self, name: str) -> Any:
        """What was sent; None for nothing and for null."""
        return self._fields.get(name)

    def text(self, name: str, length_max: int | None = None) -> str | None:
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid(f"Invalid {name}: must be a string")
        if length_max is not None and len(value) > length_max:
            raise invalid(f"{name} must contain at most {length_max} characters")
        return value

    def boolean(self, name: str) -> bool | None:
        value = self.value(name)
        if value is not None and not isinstance(value, bool):
            raise invalid(f"Invalid {name}: must be true or false")
        return value

    def number(self, name: str, low: int, high: int) -> float | None:
        """A number as it was written: an integer stays one."""
        value: int | float | None = self.value(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise invalid(f"Invalid {name}: must be a number")
        if not low <= value <= high:
            raise out_of_range(name, low, high, str(value)[:40])
        return value

    def integer(self, name: str, low: int, high: int) -> int | None:
        value = self.number(name, low, high)
        if value is not None and value != int(value):
            raise invalid(f"Invalid {name}: must be an integer")
        return None if value is None else int(value)

    def choice(self, name: str, words: tuple[str, ...], default: str) -> str:
        value = self.text(name)
        if value is None:
            return default
        if value not in words:
            raise invalid(f"Invalid {name}: must be one of [{', '.join(words)}]")
        return value

    def method(self, name: str, url_name: str) -> str:
        value = self.text(name) or "POST"
        if value not in METHODS:
            raise invalid(f"Invalid {url_name} method. Supported methods: [POST, GET]")
        return value

    def url(self, name: str) -> str | None:
        """An absolute http or https URL; None where there is none or it is empty."""
        text = self.text(name, URL_LENGTH_MAX)
        if not text:
            return None
        url = resolve_url(None, text)
        if url is None:
            raise invalid(f"Invalid {name}: only http and https are allowed")
        return url

    def target(
        self, url_name: str, method_name: str, username: str, password: str, *, strict: bool = False
    ) -> WebTarget | None:
        """A URL and how to ask it; the method and the credentials are looked at without a URL too.

        Args:
            strict: credentials go to https alone, as the vendor has it.
        """
        url = self.url(url_name)
        method = self.method(method_name, url_name)
        user = self.text(username, CREDENTIAL_LENGTH_MAX)
        secret = self.text(password, CREDENTIAL_LENGTH_MAX)
        if url is None:
            return None
        if strict and (user or secret) and not url.lower().startswith("https:"):
            raise invalid(f"Invalid {url_name}: https is required when credentials are given")
        return WebTarget(url, method, user, secret)


def read_json(request: HttpRequest) -> JsonBody:
    """The object in a request.

    Raises:
        Refused: 415 for another content type or none, 400 for what is no JSON object.
    """
    require_type(request, JSON_TYPES)
    try:
        fields = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise invalid("There is something wrong with the request") from None
    if not isinstance(fields, dict):
        raise invalid("There is something wrong with the request")
    return JsonBody(fields)


def read_document(request: HttpRequest, setting: Setting) -> Document:
    """The BXML in a request.

    Raises:
        Refused: 415 for another content type or none; 400 for a document that is empty, too large or wrong, that
            holds a verb that has no place there, or a relative URL, which has no base in a request.
    """
    require_type(request, XML_TYPES)
    if not request.body.strip():
        raise invalid("Invalid BXML: the document is empty")
    if len(request.body) > DEFAULT_LIMITS.document_bytes_max:
        raise invalid(f"Invalid BXML: over {DEFAULT_LIMITS.document_bytes_max} bytes")
    try:
        return _LANGUAGE.parse(request.body, request.headers.get("content-type", ""), None, setting=setting)
    except DocumentError as wrong:
        raise invalid(f"Invalid BXML: {wrong.message}") from None


def require_type(request: HttpRequest, types: frozenset[str]) -> None:
    """Raises Refused (415) unless the body is said to be one of `types`, with or without a charset."""
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() not in types:
        raise Refused(error(415, f"Content type '{content_type}' not supported" if content_type else None))
