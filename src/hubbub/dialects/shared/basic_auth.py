"""The `Authorization: Basic` header (RFC 7617).

Owns its decoding. Leaves who the user is to the dialects and whether the password is right to the store.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from functools import lru_cache
from typing import NamedTuple


class BasicCredentials(NamedTuple):
    username: str
    password: str


@lru_cache(maxsize=1024)
def parse_basic(header: str) -> BasicCredentials | None:
    """User name and password of a header value, or None for another scheme or nonsense.

    RFC 7617 §2.1 lets the server choose the charset: UTF-8 where the bytes are UTF-8, else Latin-1, which
    older clients send. The scheme is compared without case, missing padding is forgiven; the password may
    hold colons, the user name cannot.
    """
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    text = text.strip()
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (Base64Error, ValueError):
        return None
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError:
        decoded = raw.decode("latin-1")
    username, colon, password = decoded.partition(":")
    if not colon or any(ord(ch) < 0x20 or ord(ch) == 0x7F for ch in decoded):
        return None
    return BasicCredentials(username, password)
