"""XML or JSON, and how Restcomm lays each out.

Owns the choice, and the text around a value: both forms are indented by two spaces, JSON as Gson prints it,
XML as XStream does, without a prolog. Leaves fields and their order to each resource.

Restcomm Connect API guide, "Requests", "Responses".
"""

from collections.abc import Iterable
from typing import Final

from hubbub.dialects.contract import HttpRequest, HttpResponse
from hubbub.dialects.restcomm.errors import refused
from hubbub.dialects.shared.json import json_string
from hubbub.dialects.shared.xml import xml_text

JSON: Final = "application/json"
XML: Final = "application/xml"
SUFFIX: Final = ".json"

_BRACKETS: Final = str.maketrans({"[": "\\u005b", "]": "\\u005d"})
_HTML: Final = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "=": "\\u003d",
        "'": "\\u0027",
        "[": "\\u005b",
        "]": "\\u005d",
    }
)


def split_path(path: str) -> tuple[list[str], bool]:
    """The segments of a path, and whether it asks for JSON.

    `.json` may end any segment, also several: `Conferences.json/CF…` is what two of the vendor's own client
    libraries send. Anywhere in the path it decides for JSON; only at the end of a segment is it taken off.
    """
    segments = [segment for segment in path.split("/") if segment]
    if SUFFIX not in path:
        return segments, False
    return [segment.removesuffix(SUFFIX) for segment in segments], True


def wants_json(request: HttpRequest, by_path: bool) -> bool:
    """Whether to answer in JSON. Without a suffix, the letters `json` anywhere in Accept decide for it.

    Raises:
        Refused: 406, where Accept names neither form and no wildcard.
    """
    if by_path:
        return True
    accept = request.headers.get("accept", "").lower()
    if not accept or accept == "*/*":
        return False
    if "json" in accept:
        return True
    if XML in accept or "*/*" in accept or "application/*" in accept:
        return False
    raise refused(406)


def json_text(text: str) -> str:
    """A JSON string. Square brackets are written as escapes, because the vendor's .NET client finds a list by
    the brackets in the text."""
    quoted = json_string(text)
    return quoted.translate(_BRACKETS) if "[" in quoted or "]" in quoted else quoted


def json_html_text(text: str) -> str:
    """As `json_text`, with the characters of HTML escaped too: so the vendor prints everything but rooms."""
    return json_string(text).translate(_HTML)


def indented(block: str, columns: int) -> str:
    """The lines of `block` moved right, or left where `columns` is negative. No value may hold a line break."""
    if columns < 0:
        return block[-columns:].replace("\n" + " " * -columns, "\n")
    return " " * columns + block.replace("\n", "\n" + " " * columns)


def json_answer(text: str) -> HttpResponse:
    return HttpResponse(200, text.encode("utf-8", "replace"), JSON)


def xml_element(name: str, text: str | None) -> str:
    """One element with escaped text; empty where there is none. A line break in it is a character reference,
    so that every break of the document is layout and may be indented."""
    if not text:
        return f"<{name}/>"
    escaped = xml_text(text)
    if "\n" in escaped:
        escaped = escaped.replace("\n", "&#10;")
    return f"<{name}>{escaped}</{name}>"


def xml_answer(payload: str, java_class: str | None = None) -> HttpResponse:
    """The document round `payload`, which is indented by one level.

    Args:
        java_class: print the level that released servers put round conferences, with this class name.
    """
    if java_class is not None:
        payload = f'  <object class="{java_class}">\n{indented(payload, 2)}\n  </object>'
    return HttpResponse(
        200, f"<RestcommResponse>\n{payload}\n</RestcommResponse>".encode("utf-8", "replace"), XML
    )


def json_members(members: Iterable[tuple[str, str | int | None]], subresources: str = "") -> str:
    """An object as it stands in a list; what has no value is left out.

    Args:
        subresources: a further member, ready but for its indentation.
    """
    lines = [
        f'      "{name}": {json_html_text(value) if isinstance(value, str) else value}'
        for name, value in members
        if value is not None
    ]
    if subresources:
        lines.append(indented(subresources, 6))
    return "    {\n" + ",\n".join(lines) + "\n    }"


def xml_members(element: str, members: Iterable[tuple[str, str | int | None]], subresources: str = "") -> str:
    """An element as it stands in a list; what has no value is empty.

    Args:
        subresources: a further element behind all others, ready but for its indentation.
    """
    lines = [f"      {xml_element(name, None if value is None else str(value))}" for name, value in members]
    if subresources:
        lines.append(indented(subresources, 6))
    return "\n".join([f"    <{element}>", *lines, f"    </{element}>"])


def message_answer(status: int, text: str, as_json: bool) -> HttpResponse:
    """A refusal that says why, in the form that was asked for."""
    if as_json:
        return HttpResponse(status, f'{{"message":{json_text(text)}}}'.encode(), JSON)
    body = f"<RestcommResponse>{xml_element('Message', text)}</RestcommResponse>"
    return HttpResponse(status, body.encode(), XML)
