"""What a repository may ask of a database: run a named statement.

The methods are coroutines although SQLite answers at once, so that a database across a network fits.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Connection(Protocol):
    """Runs statements of `queries/` by their names."""

    async def one(self, name: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""

    async def all(self, name: str, values: Sequence[Any] = ()) -> list[Row]:
        """Every row."""

    async def each(self, name: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """Rows for one who may not want them all; to be read before the next statement."""

    async def run(self, name: str, values: Sequence[Any] = ()) -> int:
        """Run a change; how many rows it touched. Raises NameTaken where a unique name is in use."""

    async def many(self, name: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a change once for each row of values. Raises NameTaken likewise."""

    def pattern(self, like: str) -> str:
        """A LIKE pattern (`%`, `_`, no escape character) as `{matches:…}` wants it."""
