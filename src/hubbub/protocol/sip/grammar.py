"""The small lexical rules that every SIP header shares (RFC 3261 §25.1).

Owns tokens, quoted strings, parameters (`;name=value`) and comma lists. Works on text that `parser` decoded from
UTF-8 with surrogate escapes, so any byte survives a round trip. What a header means is left to `address` and
`values`.

Parameters are pairs `(name, value)` in order of appearance. A value is the text on the wire, with the quotes of a
quoted string; None means that there was no `=`. Names compare without regard to case (§7.3.1).
"""

from __future__ import annotations

import re

from hubbub.protocol.sip.errors import SipBuildError, SipParseError

Params = tuple[tuple[str, str | None], ...]

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# A parameter's value: a token, a host (so colons and brackets), or what lenient senders write; never white space
# or the separators that would end it.
_LOOSE_VALUE = re.compile(r"[^\s\"<>;,]+")


def is_token(text: str) -> bool:
    """Whether `text` is a token (RFC 3261 §25.1)."""
    return _TOKEN.fullmatch(text) is not None


def parse_decimal(text: str, what: str, maximum: int) -> int:
    """An unsigned decimal number with optional leading zeros, at most `maximum`.

    Raises:
        SipParseError: not ASCII digits only, or too large.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 64:
        raise SipParseError(f"{what} is not a number")
    number = int(text)
    if number > maximum:
        raise SipParseError(f"{what} is too large")
    return number


def quote(text: str) -> str:
    """`text` as a quoted string, backslash and quote escaped (RFC 3261 §25.1 quoted-string).

    Raises:
        SipBuildError: `text` has a line break, which no quoted string can hold.
    """
    if "\r" in text or "\n" in text:
        raise SipBuildError("a quoted string cannot hold a line break")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str:
    """The meaning of a token or quoted string as it stands on the wire."""
    if len(text) >= 2 and text[0] == '"' == text[-1]:
        inner = text[1:-1]
        return _QUOTED_PAIR.sub(r"\1", inner) if "\\" in inner else inner
    return text


def quoted_end(text: str, start: int) -> int:
    """Index just past the quoted string that opens at `text[start]`.

    Raises:
        SipParseError: the string never closes.
    """
    at = start + 1
    close = text.find('"', at)
    while close >= 0:
        escape = text.find("\\", at, close)
        if escape < 0:
            return close + 1
        at = escape + 2
        if at > close:
            close = text.find('"', at)
    raise SipParseError("unbalanced quotes")


def split_outside(text: str, separator: str) -> list[str]:
    """`text` split at every `separator` that is neither in a quoted string nor between angle brackets.

    Parts are stripped of white space; empty parts are kept. A `<` opens brackets only up to the next `>`.

    Raises:
        SipParseError: quotes or angle brackets that never close.
    """
    if '"' not in text and "<" not in text:
        return [part.strip(" \t") for part in text.split(separator)]
    parts: list[str] = []
    start = at = 0
    length = len(text)
    while at < length:
        char = text[at]
        if char == '"':
            at = quoted_end(text, at)
        elif char == "<":
            close = text.find(">", at)
            if close < 0:
                raise SipParseError("unbalanced angle brackets")
            at = close + 1
        else:
            if char == separator:
                parts.append(text[start:at].strip(" \t"))
                start = at + 1
            at += 1
    parts.append(text[start:].strip(" \t"))
    return parts


def split_list(text: str) -> list[str]:
    """The members of a comma list, without the empty ones (RFC 3261 §7.3.1, #rule of RFC 2616 §2.1)."""
    if "," not in text:
        text = text.strip(" \t")
        return [text] if text else []
    return [part for part in split_outside(text, ",") if part]


def parse_params(text: str, what: str = "parameter") -> Params:
    """The parameters in `text`, which is empty or begins with `;`.

    White space around `;` and `=` is dropped (RFC 3261 §7.3.1). Empty parameters (`;;`) are refused, as RFC 4475
    §3.1.2.1 wants it.

    Raises:
        SipParseError: text before the first `;`, a name that is no token, a malformed value.
    """
    text = text.strip(" \t")
    if not text:
        return ()
    if text[0] != ";":
        raise SipParseError(f"unexpected text before the first {what}")
    parts = split_outside(text, ";") if '"' in text else text.split(";")
    params: list[tuple[str, str | None]] = []
    for part in parts[1:]:
        name, equals, value = part.partition("=")
        name = name.strip(" \t")
        if _TOKEN.fullmatch(name) is None:
            raise SipParseError(f"malformed {what} name")
        if not equals:
            params.append((name, None))
            continue
        value = value.strip(" \t")
        if value[:1] == '"':
            if quoted_end(value, 0) != len(value):
                raise SipParseError(f"malformed {what} value")
        elif value and _LOOSE_VALUE.fullmatch(value) is None:
            raise SipParseError(f"malformed {what} value")
        params.append((name, value))
    return tuple(params)


def format_params(params: Params) -> str:
    """`;name=value` for each pair, as `parse_params` reads it."""
    if not params:
        return ""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params])


def get_param(params: Params, name: str) -> str | None:
    """The value of the first parameter `name` as on the wire; "" when it stands without a value, None when absent."""
    for key, value in params:
        if key == name or key.lower() == name:
            return "" if value is None else value
    return None


def replace_param(params: Params, name: str, value: str | None) -> Params:
    """`params` with `name` set to `value` in its place, or appended."""
    if get_param(params, name) is None:
        return (*params, (name, value))
    return tuple((key, value if key.lower() == name else old) for key, old in params)
