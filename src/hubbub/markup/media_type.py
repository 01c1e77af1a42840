"""The Content-Type header (RFC 9110 §8.3), as far as documents need it."""

from email.message import Message


def media_type_of(content_type: str) -> str:
    """`text/xml` of `Text/XML; charset=utf-8`; empty for an empty header."""
    return content_type.partition(";")[0].strip().lower()


def charset_of(content_type: str) -> str | None:
    """The charset parameter, or None if there is none."""
    if ";" not in content_type:
        return None
    message = Message()
    message["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    charset = message.get_param("charset")
    if not isinstance(charset, str):
        return None
    return charset.strip() or None
