"""Query parameters of our own API: each known by name, said once, of its kind."""

import re
from collections.abc import Sequence
from typing import Final

from hubbub.dialects.shared.query import parse_query
from hubbub.web.own.errors import Refused

_ID: Final = re.compile(r"(?:AC|CA|CF|RE)?([0-9a-fA-F]{32})\Z")


class Parameters:
    """
    Raises:
        Refused: 400, for a name that is not among `names`, or one that is said twice.
    """

    def __init__(self, query: str, names: Sequence[str]) -> None:
        self._values: dict[str, str] = {}
        for name, value in parse_query(query):
            if name not in names:
                raise Refused(
                    400, f"There is no parameter {name[:64]!r}; there are {', '.join(names) or 'none'}"
                )
            if name in self._values:
                raise Refused(400, f"{name} is said twice")
            self._values[name] = value

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Raises Refused (400) for anything but a decimal number from `least` to `most`."""
        text = self._values.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
            raise Refused(400, f"{name} is a number from {least} to {most}")
        return int(text)


def read_id(text: str) -> str:
    """An id, written as 32 hex digits or as a vendor's SID of them; anything else is nobody's."""
    match = _ID.match(text)
    return match[1].lower() if match else ""
