"""RCML's attribute values, read leniently, and its stray ampersands, repaired."""

import re
from typing import Final

from hubbub.domain.application import WebTarget
from hubbub.markup.instructions import Remark
from hubbub.markup.limits import MarkupLimits
from hubbub.markup.urls import resolve_url
from hubbub.markup.xml_document import Element

PARSE_FAILED: Final = "12100"
VALUE: Final = "12200"
"""Restcomm numbers its notifications as Twilio does; this one says that a value breaks the schema."""

_STRAY: Final = re.compile(rb"&(?!(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});)")
_CDATA_START: Final = b"<![CDATA["
_CDATA_END: Final = b"]]>"


def repair_ampersands(body: bytes) -> bytes:
    """`body` with each `&` that begins no reference written as `&amp;`; CDATA sections stay as they are."""
    if b"&" not in body:
        return body
    parts: list[bytes] = []
    rest = body
    while rest:
        text, start, after = rest.partition(_CDATA_START)
        parts.append(_STRAY.sub(b"&amp;", text))
        section, end, rest = after.partition(_CDATA_END)
        parts += (start, section, end)
    return b"".join(parts)


class Reading:
    """One document being read: its address, and what is to be said about it."""

    def __init__(self, base_url: str | None, limits: MarkupLimits) -> None:
        self.base_url = base_url
        self.limits = limits
        self.remarks: list[Remark] = []

    def warn(self, code: str, message: str) -> None:
        self.remarks.append(Remark(code, message))

    def value(self, element: Element, name: str) -> str:
        return element.attributes.get(name, "").strip()

    def url(self, text: str) -> str | None:
        return resolve_url(self.base_url, text.strip())

    def boolean(self, element: Element, name: str, default: bool) -> bool:
        """`true` in any letter case; any other text is false, an empty one the default."""
        text = self.value(element, name).lower()
        return text == "true" if text else default

    def number(self, element: Element, name: str, default: int, *, maximum: int) -> int:
        text = self.value(element, name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit()):
            self.warn(VALUE, f"line {element.line}: {name}={text[:80]!r} of <{element.name}> is no number")
            return default
        return min(int(text[:10]), maximum)

    def method(self, element: Element, name: str) -> str:
        """GET or POST in any letter case; anything else is POST, and told."""
        text = self.value(element, name).upper()
        if text in ("GET", "POST"):
            return text
        if text:
            self.warn(VALUE, f"line {element.line}: {name}={text[:80]!r} of <{element.name}> is no method")
        return "POST"

    def target(self, element: Element, name: str, method_name: str) -> WebTarget | None:
        text = self.value(element, name)
        if not text:
            return None
        url = self.url(text)
        if url is None:
            self.warn("11100", f"line {element.line}: {name}={text[:80]!r} of <{element.name}> is no URL")
            return None
        return WebTarget(url, self.method(element, method_name))
