"""JSON, XML and CSV of one resource or a page of them; the URL's suffix chooses, never the Accept header.

https://www.twilio.com/docs/usage/twilios-response. Owns shapes; leaves which fields a resource has to its own
file. An `Instance` has Twilio's JSON keys in the order of its XML samples; every key is always there.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.json import json_string
from hubbub.dialects.shared.xml import xml_attribute, xml_text
from hubbub.dialects.twilio.errors import JSON_TYPE, XML_HEAD, XML_TAIL, XML_TYPE
from hubbub.dialects.twilio.paging import Links

SUFFIXES: Final = (".json", ".xml", ".csv")
Value = str | int | bool | None | Mapping[str, str]
Instance = Mapping[str, Value]
"""`uri` and the values of `subresource_uris` come without a suffix, which JSON and CSV add."""


def split_suffix(path: str) -> tuple[str, str]:
    """The path without its suffix, and the suffix: empty, which means XML, or one of `SUFFIXES`."""
    stem, dot, extension = path.rpartition(".")
    if dot and "/" not in extension and dot + extension in SUFFIXES:
        return stem, dot + extension
    return path, ""


def instance_response(name: str, instance: Instance, suffix: str, *, status: int = 200) -> HttpResponse:
    """One resource. `name` is its XML element."""
    if suffix == ".json":
        return HttpResponse(status, json_instance(instance).encode("utf-8", "replace"), JSON_TYPE)
    if suffix == ".csv":
        response = csv_response([instance], tuple(instance))
        response.status = status
        return response
    text = XML_HEAD + xml_instance(name, instance) + XML_TAIL
    return HttpResponse(status, text.encode("utf-8", "replace"), XML_TYPE)


def list_response(
    key: str,
    name: str,
    instances: Sequence[Instance],
    keys: Sequence[str],
    links: Links,
    uri: str,
    suffix: str,
) -> HttpResponse:
    """A page.

    Args:
        key: the JSON key of the rows; the XML element is its PascalCase.
        name: the XML element of one row.
        keys: of an instance; a CSV page has its header line even when it is empty.
        uri: of the list, without suffix and query.
    """
    if suffix == ".json":
        return json_page(key, [json_instance(instance) for instance in instances], links, uri)
    if suffix == ".csv":
        return csv_response(instances, keys)
    element = pascal(key)
    attributes = (
        ("page", str(links.page)),
        ("pagesize", str(links.page_size)),
        ("start", str(links.start)),
        ("end", str(links.end)),
        ("uri", f"{uri}?{links.this}"),
        ("firstpageuri", f"{uri}?{links.first}"),
        ("nextpageuri", "" if links.next is None else f"{uri}?{links.next}"),
        ("previouspageuri", "" if links.previous is None else f"{uri}?{links.previous}"),
    )
    parts = [XML_HEAD, f"<{element}"]
    parts += [f' {attribute}="{xml_attribute(value)}"' for attribute, value in attributes]
    parts.append(">")
    parts += [xml_instance(name, instance) for instance in instances]
    parts.append(f"</{element}>{XML_TAIL}")
    return HttpResponse(200, "".join(parts).encode("utf-8", "replace"), XML_TYPE)


def json_page(key: str, rows: Sequence[str], links: Links, uri: str) -> HttpResponse:
    """A page of rows that are JSON texts already.

    The envelope is closed: three of the vendor's libraries raise at any key more. Links that lead nowhere are
    null, because an empty string is true in Ruby.
    """
    base = uri + ".json?"
    text = (
        f'{{"{key}":[{",".join(rows)}],"end":{links.end}'
        f',"first_page_uri":{json_string(base + links.first)}'
        f',"next_page_uri":{"null" if links.next is None else json_string(base + links.next)}'
        f',"page":{links.page},"page_size":{links.page_size}'
        f',"previous_page_uri":{"null" if links.previous is None else json_string(base + links.previous)}'
        f',"start":{links.start},"uri":{json_string(base + links.this)}}}'
    )
    return HttpResponse(200, text.encode("utf-8", "replace"), JSON_TYPE)


def json_instance(instance: Instance) -> str:
    """One resource as JSON text, keys in alphabetical order as Twilio's samples have them."""
    return "{" + ",".join(f'"{key}":{_json_value(key, instance[key])}' for key in sorted(instance)) + "}"


def _json_value(key: str, value: Value) -> str:
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json_string(value + ".json" if key == "uri" else value)
    return "{" + ",".join(f'"{name}":{json_string(uri + ".json")}' for name, uri in value.items()) + "}"


def xml_instance(name: str, instance: Instance) -> str:
    """One resource as an XML element: children in PascalCase, nothing as an empty element."""
    parts = [f"<{name}>"]
    for key, value in instance.items():
        child = pascal(key)
        if value is None or value == "":
            parts.append(f"<{child}/>")
        elif isinstance(value, bool):
            parts.append(f"<{child}>{'true' if value else 'false'}</{child}>")
        elif isinstance(value, Mapping):
            parts.append(f"<{child}>")
            parts += [f"<{pascal(each)}>{xml_text(uri)}</{pascal(each)}>" for each, uri in value.items()]
            parts.append(f"</{child}>")
        else:
            parts.append(f"<{child}>{xml_text(str(value))}</{child}>")
    parts.append(f"</{name}>")
    return "".join(parts)


def csv_response(instances: Sequence[Instance], keys: Sequence[str]) -> HttpResponse:
    """A header line and a line for each resource (RFC 4180); objects have no column."""
    columns = [key for key in keys if key != "subresource_uris"]
    lines = [",".join(pascal(key) for key in columns)]
    lines += [",".join(_csv_value(key, instance[key]) for key in columns) for instance in instances]
    text = "".join(line + "\r\n" for line in lines)
    return HttpResponse(200, text.encode("utf-8", "replace"), "text/csv; charset=utf-8")


def _csv_value(key: str, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f"{value}.json" if key == "uri" else str(value)
    if any(ch in text for ch in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


@cache
def pascal(key: str) -> str:
    """`friendly_name` as `FriendlyName`."""
    return "".join(word.capitalize() for word in key.split("_"))
