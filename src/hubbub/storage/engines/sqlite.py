"""SQLite: one file, one writer, readers that see what is committed.

Owns how a connection is opened and every way in which SQLite differs: GLOB for case-sensitive patterns,
json_each for one of many, INDEXED BY as a hint, BEGIN IMMEDIATE to take the writer's place, and the wording of its errors. Statements
run where they are asked for, on the event loop (docs/adr/0004-sqlite-runs-in-the-loop.md).
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from hubbub.domain.errors import InvalidValue, NameTaken
from hubbub.storage import named_sql
from hubbub.storage.engines.connection import Row
from hubbub.storage.errors import WriterBusy

DURABILITIES: Final = {"normal": "NORMAL", "full": "FULL"}
"""`PRAGMA synchronous` by setting. Either survives a crash of the program; only `full` flushes every commit
to the disk, so that the last ones survive a loss of power too."""

BUSY_WAIT_S: Final = 10.0
"""How long we wait for another process (an import, `hubbub account create`) to finish writing."""
_BUSY_RETRY_S: Final = 0.002

_CACHE_KIB: Final = 64 * 1024
_STATEMENTS: Final = 512

_CONFLICTS: Final = {
    "conferences.account_id, conferences.name": "another live conference has this name",
    "accounts.bandwidth_id": "another account has this number",
    "credentials.kind, credentials.username": "another credential has this user name",
    "numbers.address": "another number has this address",
    "trunks.username": "another trunk has this user name",
    "calls.account_id, calls.given_id": "another call has this given id",
}
"""What a broken UNIQUE rule means, by the columns that SQLite names."""

_FUNCTIONS: Final = {"least": "min", "greatest": "max"}
_RUNS: Final = re.compile("%+")
_PATTERN_BYTES_MAX: Final = 50_000
"""SQLite compares with nothing longer (SQLITE_MAX_LIKE_PATTERN_LENGTH)."""
_NOBODY: Final = "\U0010ffff"
"""A text that nothing is called."""
_GLOB: Final = str.maketrans({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"})


def word(name: str, argument: str) -> str:
    """SQLite's own words for `named_sql`."""
    if name == "hint":
        return f"INDEXED BY {argument}"
    if name == "matches":
        return f"{argument} GLOB ?"
    if name == "among":
        return f"{argument} IN (SELECT value FROM json_each(?))"
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    raise ValueError(f"no such word: {name}")


def connect(
    path: Path, *, durability: str = "normal", read_only: bool = False, checkpoint_pages: int = 1000
) -> sqlite3.Connection:
    """A connection with everything set that the schema relies on; the file is made if it is not there.

    Args:
        path: the database.
        durability: see `DURABILITIES`.
        read_only: refuse to write.
        checkpoint_pages: how long the write-ahead log grows before a commit folds it into the file. A server
            wants it short, since the loop waits; an import wants it long, since pages written twice are
            folded once.
    """
    raw = sqlite3.connect(path, isolation_level=None, cached_statements=_STATEMENTS, timeout=BUSY_WAIT_S)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute(f"PRAGMA synchronous = {DURABILITIES[durability]}")
    raw.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    raw.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
    if read_only:
        raw.execute("PRAGMA query_only = ON")
    return raw


class SqliteConnection:
    """Named statements on one SQLite connection."""

    __slots__ = ("_execute", "_executemany", "_sql")

    def __init__(self, raw: sqlite3.Connection, statements: dict[str, str]) -> None:
        self._execute: Callable[..., sqlite3.Cursor] = raw.execute
        self._executemany: Callable[..., sqlite3.Cursor] = raw.executemany
        self._sql = statements

    async def one(self, name: str, values: Sequence[Any] = ()) -> Row | None:
        try:
            row: Row | None = self._execute(self._sql[name], values).fetchone()
        except UnicodeEncodeError:
            # Half a surrogate pair is in no text that is stored, so nothing can be found by it.
            return None
        return row

    async def all(self, name: str, values: Sequence[Any] = ()) -> list[Row]:
        try:
            return self._execute(self._sql[name], values).fetchall()
        except UnicodeEncodeError:
            return []

    async def each(self, name: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        return self._execute(self._sql[name], values)

    async def run(self, name: str, values: Sequence[Any] = ()) -> int:
        try:
            return self._execute(self._sql[name], values).rowcount
        except sqlite3.IntegrityError as error:
            raise _translated(error) from error
        except UnicodeEncodeError:
            raise InvalidValue("text", "half a surrogate pair is no text that can be stored") from None

    async def many(self, name: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            self._executemany(self._sql[name], rows)
        except sqlite3.IntegrityError as error:
            raise _translated(error) from error
        except UnicodeEncodeError:
            raise InvalidValue("text", "half a surrogate pair is no text that can be stored") from None

    def pattern(self, like: str) -> str:
        glob = _RUNS.sub("%", like).translate(_GLOB)
        return glob if len(glob.encode("utf-8", "surrogatepass")) <= _PATTERN_BYTES_MAX else _NOBODY

    def close(self) -> None:
        """From now on every statement raises."""
        self._execute = self._executemany = _over


class SqliteWriter:
    """The one connection that writes, and its transactions."""

    def __init__(self, raw: sqlite3.Connection, statements: dict[str, str]) -> None:
        # SQLite's own busy timeout would sleep inside the loop; with it off, BEGIN answers at once.
        raw.execute("PRAGMA busy_timeout = 0")
        self._raw = raw
        self._sql = statements
        self._current: SqliteConnection | None = None

    async def begin(self) -> SqliteConnection:
        """Become the one writer. Waits for another process without holding up the loop.

        Raises:
            WriterBusy: it did not finish in `BUSY_WAIT_S`.
        """
        for _ in range(int(BUSY_WAIT_S / _BUSY_RETRY_S)):
            try:
                self._raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                await asyncio.sleep(_BUSY_RETRY_S)
            else:
                self._current = SqliteConnection(self._raw, self._sql)
                return self._current
        raise WriterBusy(f"another process has kept the database locked for {BUSY_WAIT_S:g} s")

    async def commit(self) -> None:
        self._raw.execute("COMMIT")
        self._end()

    async def roll_back(self) -> None:
        # A failed COMMIT or a full disk may have ended the transaction already.
        if self._raw.in_transaction:
            self._raw.execute("ROLLBACK")
        self._end()

    def _end(self) -> None:
        if self._current is not None:
            self._current.close()
            self._current = None


def _over(*_: object) -> sqlite3.Cursor:
    raise RuntimeError("the transaction is over")


def _translated(error: sqlite3.IntegrityError) -> Exception:
    message = str(error)
    if error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
        conflict = _CONFLICTS.get(message.partition(": ")[2])
        if conflict is not None:
            return NameTaken(conflict)
    return error


def load_statements() -> dict[str, str]:
    """Every named statement in SQLite's words."""
    return named_sql.load(word)
