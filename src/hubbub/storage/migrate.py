"""Bringing a database to this version's schema.

Numbered files in `migrations/` are applied once, each in one transaction with the row that says so. A
database that knows a higher number than we do was written by a newer server and is left alone.
"""

import re
import sqlite3
from importlib.resources import files
from typing import Final, NamedTuple

from hubbub.storage.errors import SchemaTooNew

_FILE: Final = re.compile(r"(\d{4})_(\w+)\.sql\Z")


class Migration(NamedTuple):
    version: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All migrations we have, in order, numbered 1, 2, 3 …"""
    found = []
    for entry in files("hubbub.storage").joinpath("migrations").iterdir():
        match = _FILE.match(entry.name)
        if match is not None:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    found.sort()
    assert [migration.version for migration in found] == list(range(1, len(found) + 1))
    return found


def migrate(raw: sqlite3.Connection) -> int:
    """Apply what is missing; the version afterwards.

    Raises:
        SchemaTooNew: the database is ahead of this program.
    """
    raw.execute(
        "CREATE TABLE IF NOT EXISTS schema_versions"
        " (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL) STRICT"
    )
    known = migrations()
    current = version(raw)
    if current > len(known):
        raise SchemaTooNew(
            f"the database has schema {current} and this version of hubbub knows up to {len(known)}:"
            " start the newer version again, or restore a backup"
        )
    for migration in known[current:]:
        _apply(raw, migration)
    return version(raw)


def version(raw: sqlite3.Connection) -> int:
    """The highest migration applied; 0 for an empty database."""
    return int(raw.execute("SELECT coalesce(max(version), 0) FROM schema_versions").fetchone()[0])


def _apply(raw: sqlite3.Connection, migration: Migration) -> None:
    raw.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been faster: it held the lock that we have now.
        if version(raw) < migration.version:
            for statement in _statements(migration.sql):
                raw.execute(statement)
            raw.execute("INSERT INTO schema_versions VALUES (?, ?)", (migration.version, migration.name))
    except BaseException:
        raw.execute("ROLLBACK")
        raise
    raw.execute("COMMIT")


def _statements(script: str) -> list[str]:
    statements, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    assert not pending.strip() or not sqlite3.complete_statement(pending + ";")
    return statements
