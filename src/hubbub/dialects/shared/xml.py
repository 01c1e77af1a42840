"""Text made safe for XML 1.0 (W3C Recommendation, fifth edition, §2.2 and §2.4).

Owns escaping. Leaves element names and shapes to the dialects.
"""

import re
from typing import Final

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML 1.0 document may hold, escaped or not."""
_SPECIAL: Final = re.compile("[&<>\"'\t\n\r\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE: Final = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&apos;",
        "\t": "&#9;",
        "\n": "&#10;",
        "\r": "&#13;",
    }
)


def xml_text(text: str) -> str:
    """Escaped for element content; characters XML cannot hold become U+FFFD."""
    if _SPECIAL.search(text) is None:
        return text
    return _FORBIDDEN.sub("\ufffd", text).translate(_TEXT)


def xml_attribute(text: str) -> str:
    """Escaped for an attribute value in either kind of quotes, white space kept; never fails, as `xml_text`."""
    if _SPECIAL.search(text) is None:
        return text
    return _FORBIDDEN.sub("\ufffd", text).translate(_ATTRIBUTE)
