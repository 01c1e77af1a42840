"""Customers' XML as a small tree, read with nothing that XML can do to its reader.

Owns the reading: Expat with document types, and so entities and external references, refused, and with
bounds on size, depth and number of elements. Knows no verb. Namespaces are not processed: no dialect
uses them, and a prefix is then part of the name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from hubbub.markup.limits import DEFAULT_LIMITS, MarkupLimits


class XmlRefused(Exception):
    """The text is not XML that we read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element."""

    name: str
    attributes: Mapping[str, str]
    content: tuple["str | Element", ...]
    """Text and elements in their order; comments and processing instructions are left out."""
    line: int

    @property
    def children(self) -> tuple["Element", ...]:
        return tuple(part for part in self.content if isinstance(part, Element))

    @property
    def text(self) -> str:
        """The element's own text, without that of its children and without white space around it."""
        return "".join(part for part in self.content if isinstance(part, str)).strip()


@dataclass(slots=True)
class _Open:
    name: str
    attributes: dict[str, str]
    line: int
    content: list[str | Element] = field(default_factory=list)

    def closed(self) -> Element:
        return Element(self.name, self.attributes, tuple(self.content), self.line)


def read_xml(body: bytes, charset: str | None = None, limits: MarkupLimits = DEFAULT_LIMITS) -> Element:
    """The root element.

    Args:
        charset: what the transport said of the encoding; it wins over the XML declaration (RFC 7303 §3).

    Raises:
        XmlRefused: not well-formed, too large, too deep, in an unknown encoding, or with a DOCTYPE.
    """
    if len(body) > limits.document_bytes_max:
        raise XmlRefused(f"the document is over {limits.document_bytes_max} bytes")
    reader = _Reader(limits)
    try:
        # pyexpat asks Python's codecs for encodings that Expat lacks: those fail with Python's errors.
        parser = expat.ParserCreate(charset)
        reader.attach(parser)
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise XmlRefused(f"line {error.lineno}: {expat.ErrorString(error.code)}") from None
    except (LookupError, ValueError) as error:
        raise XmlRefused(f"unreadable encoding: {error}") from None
    if reader.root is None:
        raise XmlRefused("no element found")
    return reader.root


class _Reader:
    def __init__(self, limits: MarkupLimits) -> None:
        self.root: Element | None = None
        self._limits = limits
        self._stack: list[_Open] = []
        self._count = 0
        self._line: Callable[[], int] = lambda: 0

    def attach(self, parser: expat.XMLParserType) -> None:
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        self._line = lambda: parser.CurrentLineNumber

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > self._limits.elements_max:
            raise XmlRefused(f"the document has over {self._limits.elements_max} elements")
        if len(self._stack) >= self._limits.depth_max:
            raise XmlRefused(f"elements stand more than {self._limits.depth_max} deep")
        self._stack.append(_Open(name, attributes, self._line()))

    def _end(self, name: str) -> None:
        element = self._stack.pop().closed()
        if self._stack:
            self._stack[-1].content.append(element)
        else:
            self.root = element

    def _text(self, text: str) -> None:
        if self._stack:
            self._stack[-1].content.append(text)

    def _doctype(self, *_: object) -> NoReturn:
        raise XmlRefused("a document type declaration is not accepted")
