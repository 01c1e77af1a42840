"""A store with the standing cast in it, and a desk over it."""

from typing import Any

import pytest

from desks import make_desk
from dialects.cast import fill
from dialects.fake_store import FakeStore
from hubbub.dialects.contract import Desk


@pytest.fixture
async def store() -> Any:
    store = FakeStore()
    await fill(store)
    return store


@pytest.fixture
def desk(store: Any) -> Desk:
    return make_desk(store)
