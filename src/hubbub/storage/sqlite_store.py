"""The store on SQLite: a directory with the database, the server's key and the lock of the server."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

from hubbub.domain.events import NumberedEvent
from hubbub.services.ports import Entropy, Reader, Transaction
from hubbub.storage.engines import sqlite
from hubbub.storage.errors import DirectoryInUse
from hubbub.storage.migrate import migrate
from hubbub.storage.reader import SqlReader
from hubbub.storage.secrets import Vault, load_key
from hubbub.storage.unit_of_work import SqlTransactionBlock, WriteLock

DATABASE: Final = "hubbub.sqlite3"
KEY: Final = "server.key"
LOCK: Final = "serve.lock"
SERVER_CHECKPOINT_PAGES: Final = 1000
COMMAND_CHECKPOINT_PAGES: Final = 16_000


class SqliteStore:
    """`ports.Store` on one file."""

    def __init__(
        self,
        reading: sqlite3.Connection,
        writing: sqlite3.Connection,
        vault: Vault,
        entropy: Entropy,
        lock_file: int | None,
    ) -> None:
        statements = sqlite.load_statements()
        self._raw = (reading, writing)
        self._vault = vault
        self._entropy = entropy
        self._lock_file = lock_file
        self._reader = SqlReader(sqlite.SqliteConnection(reading, statements), vault, entropy)
        self._writer = sqlite.SqliteWriter(writing, statements)
        self._lock = WriteLock()

    @property
    def read(self) -> Reader:
        return self._reader

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        return SqlTransactionBlock(self._writer, self._lock, self._vault, self._entropy)

    def on_commit(self, listener: Callable[[Sequence[NumberedEvent]], None]) -> None:
        self._lock.on_commit(listener)

    def on_delivery(self, listener: Callable[[], None]) -> None:
        self._lock.on_delivery(listener)

    def version(self) -> int:
        # What SQLite itself throws its cache away by: it changes when any other connection commits, and the
        # reading connection never does.
        number: int = self._raw[0].execute("PRAGMA data_version").fetchone()[0]
        return number

    async def aclose(self) -> None:
        """Fold the write-ahead log into the file, close it, and let another server in. Closing twice is fine."""
        for raw in self._raw:
            raw.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None


def open_store(
    directory: Path, *, entropy: Entropy, durability: str = "normal", serving: bool = False
) -> SqliteStore:
    """Open the store in `directory`, made with its parents if it is not there.

    Args:
        entropy: makes the server's key on the first start, nonces, and the ids and tokens of deliveries.
        durability: `normal` survives a crash of the program; `full` also flushes every commit to the disk.
        serving: take the directory for a server. Commands that only write a few rows leave it out and may
            work beside the server.

    Raises:
        DirectoryInUse: another server has it.
        SchemaTooNew: a newer version wrote it.
        StorageUnusable: the key is not a key.
    """
    directory.mkdir(parents=True, exist_ok=True)
    lock_file = _lock(directory) if serving else None
    # Beside a server a command keeps the log short too: else the server's next commit folds it all.
    is_served = serving or _is_served(directory)
    writing = None
    try:
        vault = Vault(load_key(directory / KEY, entropy), entropy)
        writing = sqlite.connect(
            directory / DATABASE,
            durability=durability,
            checkpoint_pages=SERVER_CHECKPOINT_PAGES if is_served else COMMAND_CHECKPOINT_PAGES,
        )
        migrate(writing)
        reading = sqlite.connect(directory / DATABASE, read_only=True)
    except BaseException:
        if writing is not None:
            writing.close()
        if lock_file is not None:
            os.close(lock_file)
        raise
    return SqliteStore(reading, writing, vault, entropy, lock_file)


def _lock(directory: Path) -> int:
    # The lock goes with the process, however it dies; the file stays and means nothing.
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise DirectoryInUse(
            f"another server is serving {directory}; stop it, or serve another --data"
        ) from None
    return descriptor


def _is_served(directory: Path) -> bool:
    try:
        descriptor = _lock(directory)
    except DirectoryInUse:
        return True
    os.close(descriptor)
    return False
