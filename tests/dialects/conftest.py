"""A store with the standing cast in it, and a desk over it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from commands_twin import CommandsTwin
from desks import make_desk
from dialects.cast import fill
from hubbub.dialects.contract import Desk
from hubbub.dialects.registry import dialects
from hubbub.entropy import SystemEntropy
from hubbub.storage.memory import MemoryStore
from hubbub.storage.sqlite_store import open_store
from hubbub.web.app import build_app
from hubbub.web.server import WebServer
from hubbub.web.settings import WebSettings


@pytest.fixture
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """In memory; in SQLite where a server runs on it, since that is what a server has."""
    served = "served" in request.fixturenames
    store = open_store(tmp_path, entropy=SystemEntropy()) if served else MemoryStore()
    await fill(store)
    yield store
    await store.aclose()


@pytest.fixture
def twin() -> CommandsTwin:
    """What was asked of live calls, rooms and recordings."""
    return CommandsTwin()


@pytest.fixture
def desk(store: Any, twin: CommandsTwin) -> Desk:
    return make_desk(store, commands=twin.commands)


@pytest.fixture
async def served(desk: Desk) -> AsyncIterator[int]:
    """The port of a running server on loopback, with the dialects behind the real shell."""
    settings = WebSettings()
    shell = build_app(desk, dialects(), settings, CollectorRegistry(), dict)
    server = WebServer(shell, settings, grace_s=0.2)
    yield await server.start("127.0.0.1", 0)
    await server.stop()
