"""What lies in a data directory, and who may open it."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.domain.errors import InvalidValue
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import ConferenceQuery
from hubbub.storage import DirectoryInUse, SchemaTooNew, StorageUnusable, WriterBusy, open_store
from hubbub.storage.engines import sqlite
from hubbub.storage.migrate import migrate, migrations
from storage.cast import ACME, Dice, account, event


async def test_a_directory_is_made_and_opened_again(tmp_path: Path) -> None:
    home = tmp_path / "var" / "hubbub"
    store = open_store(home, entropy=Dice())
    async with store.transaction() as tx:
        await tx.put_account(account())
    await store.aclose()
    await store.aclose()
    again = open_store(home, entropy=Dice(2), durability="full")
    assert await again.read.accounts() == [account()]
    await again.aclose()


async def test_a_second_server_is_refused_and_a_command_is_not(tmp_path: Path) -> None:
    server = open_store(tmp_path, entropy=Dice(), serving=True)
    with pytest.raises(DirectoryInUse, match="another server"):
        open_store(tmp_path, entropy=Dice(), serving=True)
    command = open_store(tmp_path, entropy=Dice())
    async with command.transaction() as tx:
        await tx.put_account(account())
        await tx.append([event()])
    await command.aclose()
    assert await server.read.accounts() == [account()]
    async with server.transaction() as tx:
        await tx.append([event()])
    assert [e.number for e in await server.read.events(0, 5)] == [1, 2]
    await server.aclose()
    successor = open_store(tmp_path, entropy=Dice(), serving=True)
    await successor.aclose()


def test_a_server_that_died_holds_no_lock(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from hubbub.storage import open_store;"
        "from hubbub.entropy import SystemEntropy;"
        "open_store(Path(sys.argv[1]), entropy=SystemEntropy(), serving=True); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 9
    store = open_store(tmp_path, entropy=Dice(), serving=True)
    assert (tmp_path / "serve.lock").exists()
    store._raw[0].close()
    store._raw[1].close()


async def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path, entropy=Dice())
    await store.aclose()
    raw = sqlite3.connect(tmp_path / "hubbub.sqlite3")
    raw.execute("INSERT INTO schema_versions VALUES (999, 'future')")
    raw.commit()
    raw.close()
    with pytest.raises(SchemaTooNew, match="schema 999"):
        open_store(tmp_path, entropy=Dice(), serving=True)
    # The refusal kept neither the lock nor the file.
    with pytest.raises(SchemaTooNew):
        open_store(tmp_path, entropy=Dice(), serving=True)


def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "server.key").write_text("hello")
    with pytest.raises(StorageUnusable, match=r"server\.key"):
        open_store(tmp_path, entropy=Dice())


def test_migrations_are_applied_once_and_in_order() -> None:
    raw = sqlite3.connect(":memory:", isolation_level=None)
    assert migrate(raw) == len(migrations())
    assert migrate(raw) == len(migrations())
    assert raw.execute("SELECT version FROM schema_versions").fetchall() == [
        (migration.version,) for migration in migrations()
    ]
    raw.close()


def test_every_table_is_strict() -> None:
    raw = sqlite3.connect(":memory:", isolation_level=None)
    migrate(raw)
    tables = raw.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    raw.close()
    assert len(tables) > 8
    for name, sql in tables:
        assert "STRICT" in sql.rpartition(")")[2], name


def test_every_statement_compiles_against_the_schema() -> None:
    raw = sqlite3.connect(":memory:", isolation_level=None)
    migrate(raw)
    statements = sqlite.load_statements()
    for sql in statements.values():
        raw.execute(f"EXPLAIN {sql}", [None] * sql.count("?"))
    raw.close()
    assert len(statements) > 40


async def test_another_process_that_writes_is_waited_for_without_holding_up_the_loop(tmp_path: Path) -> None:
    server, command = open_store(tmp_path, entropy=Dice()), open_store(tmp_path, entropy=Dice())
    order: list[str] = []

    async def write() -> None:
        async with server.transaction() as tx:
            order.append("server")
            await tx.append([event()])

    async with command.transaction() as tx:
        waiting = asyncio.create_task(write())
        for _ in range(3):
            await asyncio.sleep(0)
        await tx.append([event()])
        assert await server.read.events(0, 5) == []
        order.append("command")
    await waiting
    assert order == ["command", "server"]
    assert [e.number for e in await server.read.events(0, 5)] == [1, 2]
    await server.aclose()
    await command.aclose()


async def test_a_process_that_never_stops_writing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_WAIT_S", 0.004)
    server, command = open_store(tmp_path, entropy=Dice()), open_store(tmp_path, entropy=Dice())
    async with command.transaction() as tx:
        with pytest.raises(WriterBusy, match="locked"):
            async with server.transaction():
                pass
        await tx.append([event()])
    async with server.transaction() as tx:
        await tx.append([event()])
    assert len(await server.read.events(0, 5)) == 2
    await server.aclose()
    await command.aclose()


async def test_half_a_surrogate_pair_is_found_nowhere_and_not_stored(tmp_path: Path) -> None:
    store = open_store(tmp_path, entropy=Dice())
    assert await store.read.account_by_email("\ud800") is None
    page = await store.read.conferences(ConferenceQuery(ACME, name="\udc00"), PageRequest(5, total_limit=5))
    assert page == ([], False, False, 0)
    async with store.transaction() as tx:
        with pytest.raises(InvalidValue):
            await tx.put_account(account(friendly_name="\ud800"))
    await store.aclose()
