"""The stores that must answer alike. A new database is one more branch in `store`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.services.ports import Store
from hubbub.storage import open_store
from hubbub.storage.memory import MemoryStore
from storage.cast import Dice


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore(Dice()) if request.param == "memory" else open_store(tmp_path, entropy=Dice())
    yield made
    await made.aclose()
