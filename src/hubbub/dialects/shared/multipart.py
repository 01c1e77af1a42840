"""Forms as `multipart/form-data` (RFC 7578): the pairs of names and values.

Owns the splitting. File names and content types of parts are passed over: APIs of this kind take text only.
Nothing here recurses or looks back, so the time is proportional to the body.
"""

import re
from typing import Final

from hubbub.dialects.shared.query import Pairs

PARTS_MAX: Final = 1_000
_BOUNDARY: Final = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_NAME: Final = re.compile(
    rb'^content-disposition:\s*form-data\b[^\r\n]*?;\s*name=(?:"((?:[^"\\\r\n]|\\.)*)"|([^\s;"]+))',
    re.IGNORECASE | re.MULTILINE,
)


class BadMultipart(ValueError):
    """The body is not what its content type says; the message may be shown."""


def is_multipart(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "multipart/form-data"


def parse_multipart(body: bytes, content_type: str) -> Pairs:
    """The pairs, in order, duplicates kept. Bytes that are not UTF-8 become U+FFFD.

    Raises:
        BadMultipart: no boundary, no end, a part without a name, or too many parts.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise BadMultipart("multipart/form-data has no boundary")
    mark = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    if not body.startswith(mark):
        start = body.find(b"\r\n" + mark)
        if start < 0:
            raise BadMultipart("the multipart body does not hold its boundary")
        body = body[start + 2 :]
    if body.count(b"\r\n" + mark) > PARTS_MAX:
        raise BadMultipart(f"a multipart body has at most {PARTS_MAX} parts")
    pieces = body[len(mark) :].split(b"\r\n" + mark)
    if not pieces[-1].startswith(b"--"):
        raise BadMultipart("the multipart body does not end")
    return [_pair(piece) for piece in pieces[:-1]]


def _pair(piece: bytes) -> tuple[str, str]:
    # What follows the boundary on its own line is white space at most.
    head, blank, value = piece.partition(b"\r\n\r\n")
    named = _NAME.search(head)
    if not blank or named is None:
        raise BadMultipart("a part of the multipart body has no name")
    name = named[2] if named[1] is None else re.sub(rb"\\(.)", rb"\1", named[1])
    return name.decode("utf-8", "replace"), value.decode("utf-8", "replace")
