"""JSON text built from parts, for answers that are assembled rather than encoded (RFC 8259)."""

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


def json_string(text: str) -> str:
    """`text` as a JSON string with its quotes. Lone surrogates, which UTF-8 cannot carry, become U+FFFD."""
    try:
        return _encoder.encode(text).decode()
    except UnicodeEncodeError:
        return _encoder.encode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")).decode()


def json_string_or_null(text: str | None) -> str:
    """`text` as a JSON string, or `null`."""
    return "null" if text is None else json_string(text)


def json_bytes(value: Any) -> bytes:
    """Any JSON value, compact."""
    return _encoder.encode(value)
