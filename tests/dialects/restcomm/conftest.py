"""A desk whose commands act on the stored rows."""

from typing import Any

import pytest

from desks import make_desk
from dialects.acting_commands import ActingCommands
from hubbub.dialects.contract import Desk


@pytest.fixture
def acting(store: Any) -> ActingCommands:
    return ActingCommands(store)


@pytest.fixture
def desk(store: Any, acting: ActingCommands) -> Desk:
    return make_desk(store, commands=acting.commands)
