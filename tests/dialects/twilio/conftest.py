"""The store of these tests, with the standing cast in it."""

from typing import Any

import pytest

from dialects.cast import fill
from dialects.tiny_store import TinyStore


@pytest.fixture
async def store() -> Any:
    store = TinyStore()
    await fill(store)
    return store
