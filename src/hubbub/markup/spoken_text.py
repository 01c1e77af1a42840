"""What a voice should say of an element: its text, with the speech markup in it read and taken out.

SSML (W3C Speech Synthesis Markup Language 1.1) decorates text with how it is to be said. Owns which of its
elements part words (`break`, `p`, `s`) and which stand inside them, and `sub`, whose alias is said instead.
What of the markup goes to an engine is `spoken_ssml`'s.
"""

from collections.abc import Iterator
from typing import Final

from hubbub.markup.xml_document import Element

_PARTING: Final = frozenset({"break", "p", "s", "paragraph", "sentence"})


def spoken_text(element: Element) -> str:
    """All text below, with runs of white space made one blank."""
    return " ".join("".join(_pieces(element)).split())


def _pieces(element: Element) -> Iterator[str]:
    for part in element.content:
        if isinstance(part, str):
            yield part
        elif part.name == "sub" and part.attributes.get("alias"):
            yield part.attributes["alias"]
        else:
            parting = " " if part.name in _PARTING else ""
            yield parting
            yield from _pieces(part)
            yield parting
