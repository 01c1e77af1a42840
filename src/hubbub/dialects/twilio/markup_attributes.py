"""TwiML's attribute values: read leniently, each wrong one a warning with Twilio's own number."""

from collections.abc import Sequence

from hubbub.domain.application import WebTarget
from hubbub.markup.instructions import Remark
from hubbub.markup.limits import MarkupLimits
from hubbub.markup.urls import resolve_url
from hubbub.markup.xml_document import Element


class Reading:
    """One document being read: its address, and what is to be said about it."""

    def __init__(self, base_url: str | None, limits: MarkupLimits) -> None:
        self.base_url = base_url
        self.limits = limits
        self.remarks: list[Remark] = []

    def warn(self, code: str, message: str) -> None:
        self.remarks.append(Remark(code, message))

    def url(self, text: str) -> str | None:
        return resolve_url(self.base_url, text.strip())

    def boolean(self, element: Element, name: str, default: bool, code: str) -> bool:
        return self.choice(element, name, ("true", "false"), "true" if default else "false", code) == "true"

    def choice(self, element: Element, name: str, choices: Sequence[str], default: str, code: str) -> str:
        """The choice that the attribute makes, whatever its letter case."""
        text = element.attributes.get(name, "").strip()
        if not text:
            return default
        for choice in choices:
            if choice.lower() == text.lower():
                return choice
        self._refuse(element, name, text, code, f"one of {', '.join(choices)}")
        return default

    def number(
        self, element: Element, name: str, default: int, code: str, *, minimum: int, maximum: int
    ) -> int:
        """A whole number; one over `maximum` is cut to it."""
        text = element.attributes.get(name, "").strip()
        if not text:
            return default
        if not (text.isascii() and text.isdigit()) or int(text[:10]) < minimum:
            self._refuse(element, name, text, code, f"a number from {minimum}")
            return default
        return min(int(text[:10]), maximum)

    def method(self, element: Element, name: str, default: str, code: str) -> str:
        return self.choice(element, name, ("GET", "POST"), default, code)

    def target(
        self, element: Element, name: str, method_name: str, url_code: str, method_code: str
    ) -> WebTarget | None:
        """The URL and method of two attributes, or None without a usable URL."""
        text = element.attributes.get(name, "").strip()
        if not text:
            return None
        url = self.url(text)
        if url is None:
            self._refuse(element, name, text, url_code, "an http or https URL")
            return None
        return WebTarget(url, self.method(element, method_name, "POST", method_code))

    def _refuse(self, element: Element, name: str, text: str, code: str, wanted: str) -> None:
        self.warn(code, f"line {element.line}: {name}={text[:80]!r} of <{element.name}> is not {wanted}")
