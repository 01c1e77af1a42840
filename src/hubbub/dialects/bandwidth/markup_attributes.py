"""BXML's attribute values: a wrong one makes the document wrong."""

import math
from typing import Final

from hubbub.domain.application import WebTarget
from hubbub.domain.errors import InvalidValue
from hubbub.markup.instructions import Instruction, SetTag
from hubbub.markup.spoken_ssml import spoken_ssml
from hubbub.markup.spoken_text import spoken_text
from hubbub.markup.urls import resolve_url
from hubbub.markup.xml_document import Element

TAG_LENGTH_MAX: Final = 4_096
"""Of call tags since 2026; verbs' pages still say 256."""
CREDENTIAL_LENGTH_MAX: Final = 1_024


class BxmlElement:
    """An element and the address of its document. Every reader raises InvalidValue for a wrong value."""

    def __init__(self, element: Element, base_url: str | None) -> None:
        self._element = element
        self._base_url = base_url

    @property
    def name(self) -> str:
        return self._element.name

    @property
    def line(self) -> int:
        return self._element.line

    @property
    def text(self) -> str:
        return self._element.text

    @property
    def spoken_text(self) -> str:
        return spoken_text(self._element)

    @property
    def spoken_ssml(self) -> str:
        return spoken_ssml(self._element)

    @property
    def has_children(self) -> bool:
        return bool(self._element.children)

    @property
    def children(self) -> "tuple[BxmlElement, ...]":
        return tuple([BxmlElement(child, self._base_url) for child in self._element.children])

    def value(self, name: str) -> str | None:
        """The attribute without the white space around it; None for an empty one."""
        return self._element.attributes.get(name, "").strip() or None

    def raw(self, name: str) -> str | None:
        """The attribute as it is, where an empty one has a meaning; None without it."""
        text = self._element.attributes.get(name)
        return None if text is None else text.strip()

    def boolean(self, name: str, default: bool) -> bool:
        """In any letter case: Python builders wrote `True`."""
        text = (self.value(name) or "").lower()
        if text in ("true", "false"):
            return text == "true"
        if text:
            raise self._wrong(name, text, "true or false")
        return default

    def decimal(self, name: str, default: float | None, *, minimum: float, maximum: float) -> float | None:
        """A number, with or without a fraction."""
        text = self.value(name)
        if text is None:
            return default
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not minimum <= number <= maximum:
            raise self._wrong(name, text, f"a number from {minimum:g} to {maximum:g}")
        return number

    def milliseconds(self, name: str, default_s: float, *, minimum: float, maximum: float) -> int:
        """A number of seconds, in milliseconds."""
        seconds = self.decimal(name, default_s, minimum=minimum, maximum=maximum)
        return round((default_s if seconds is None else seconds) * 1000)

    def whole(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        """A whole number; builders of some languages write it as `5.0`."""
        number = self.decimal(name, default, minimum=minimum, maximum=maximum)
        if number is None or number != int(number):
            raise self._wrong(name, self.value(name) or "", "a whole number")
        return int(number)

    def method(self, name: str) -> str:
        text = (self.value(name) or "POST").upper()
        if text not in ("GET", "POST"):
            raise self._wrong(name, text, "GET or POST")
        return text

    def target(self, url_name: str, method_name: str, username: str, password: str) -> WebTarget | None:
        """The URL of an attribute and how to ask it; None without the attribute."""
        text = self.value(url_name)
        method = self.method(method_name)
        if text is None:
            return None
        return WebTarget(
            self._url(url_name, text), method, self._credential(username), self._credential(password)
        )

    def text_target(self, username: str, password: str) -> WebTarget:
        """The URL that is the element's text."""
        url = self._url(self.name, self.text)
        return WebTarget(url, "GET", self._credential(username), self._credential(password))

    def tagged(self, instruction: Instruction) -> list[Instruction]:
        """The instruction, after the change of the call's tag that the verb asks for; `tag=""` clears it."""
        tag = self._element.attributes.get("tag")
        return [instruction] if tag is None else [SetTag(self.checked_tag(tag)), instruction]

    def checked_tag(self, tag: str) -> str | None:
        if len(tag) > TAG_LENGTH_MAX:
            raise self._wrong("tag", tag, f"at most {TAG_LENGTH_MAX} characters")
        return tag or None

    def _credential(self, name: str) -> str | None:
        text = self.value(name)
        if text is not None and len(text) > CREDENTIAL_LENGTH_MAX:
            raise self._wrong(name, "…", f"at most {CREDENTIAL_LENGTH_MAX} characters")
        return text

    def _url(self, name: str, text: str) -> str:
        url = resolve_url(self._base_url, text)
        if url is None:
            raise self._wrong(name, text, "an http or https URL")
        return url

    def _wrong(self, name: str, text: str, wanted: str) -> InvalidValue:
        return InvalidValue(name, f"line {self.line}: {name}={text[:80]!r} of <{self.name}> is not {wanted}")
