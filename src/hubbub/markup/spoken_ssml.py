"""Speech markup as an engine may have it: a small, safe part of what the customer wrote.

SSML (W3C Speech Synthesis Markup Language 1.1). Owns which elements and values go through: breaks, emphasis,
prosody and spelling. What is left of any other element is its text. `spoken_text` says the same without markup.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape

from hubbub.markup.xml_document import Element

BREAK_MAX_MS: Final = 10_000
_TIME: Final = re.compile(r"([0-9]{1,5})(?:\.([0-9]{1,3}))?(ms|s)", re.ASCII)
_PERCENT: Final = r"[+-]?[0-9]{1,3}%"
_VALUES: Final[dict[str, dict[str, re.Pattern[str]]]] = {
    "emphasis": {"level": re.compile(r"strong|moderate|reduced|none")},
    "prosody": {
        "rate": re.compile(rf"x-slow|slow|medium|fast|x-fast|default|{_PERCENT}"),
        "pitch": re.compile(rf"x-low|low|medium|high|x-high|default|{_PERCENT}"),
        "volume": re.compile(r"silent|x-soft|soft|medium|loud|x-loud|default"),
    },
    "p": {},
    "s": {},
}
_STRENGTH: Final = re.compile(r"none|x-weak|weak|medium|strong|x-strong")
_SPELT: Final = frozenset({"characters", "spell-out", "digits", "telephone", "verbatim"})
_BLANKS: Final = re.compile(r"\s+")
_TAG: Final = re.compile(r"<(?!/?[ps]>)")


def spoken_ssml(element: Element) -> str:
    """What stands in an element, with the speech markup that goes through; empty when there is none."""
    text = "".join(_pieces(element)).strip()
    return text if _TAG.search(text) else ""


def _pieces(element: Element) -> Iterator[str]:
    for part in element.content:
        if isinstance(part, str):
            yield escape(_BLANKS.sub(" ", part))
        elif part.name == "break":
            yield _break(part.attributes)
        elif part.name == "sub" and part.attributes.get("alias"):
            yield escape(part.attributes["alias"])
        else:
            start, end = _tags(part)
            yield start
            yield from _pieces(part)
            yield end


def _break(attributes: Mapping[str, str]) -> str:
    time = _TIME.fullmatch(attributes.get("time", "").strip())
    if time is not None:
        seconds = float(f"{time[1]}.{time[2] or 0}")
        duration_ms = round(seconds if time[3] == "ms" else seconds * 1000)
        return f'<break time="{min(duration_ms, BREAK_MAX_MS)}ms"/>'
    strength = attributes.get("strength", "").strip()
    return f'<break strength="{strength}"/>' if _STRENGTH.fullmatch(strength) else "<break/>"


def _tags(element: Element) -> tuple[str, str]:
    """The start and end of an element that goes through; blanks for one that only parts words, or nothing."""
    name = element.name
    if name == "say-as" and element.attributes.get("interpret-as", "").strip() in _SPELT:
        return '<say-as interpret-as="characters">', "</say-as>"
    if name not in _VALUES:
        return "", ""
    wanted = [
        f' {attribute}="{value}"'
        for attribute, values in _VALUES[name].items()
        if values.fullmatch(value := element.attributes.get(attribute, "").strip())
    ]
    if name == "prosody" and not wanted:
        return "", ""
    return f"<{name}{''.join(wanted)}>", f"</{name}>"
