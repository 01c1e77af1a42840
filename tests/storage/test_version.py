"""The store's version tells whether answers can have changed."""

from pathlib import Path

import pytest

from hubbub.domain.account import Role
from hubbub.services.ports import Store
from hubbub.storage import open_store
from storage.cast import Dice


async def test_a_commit_changes_the_version_and_reading_does_not(store: Store) -> None:
    before = store.version()
    await store.read.accounts()
    assert store.version() == before
    async with store.transaction() as transaction:
        await transaction.put_role(Role("Clerk", ()))
        assert store.version() == before
    assert store.version() != before


async def test_what_was_undone_leaves_the_version(store: Store) -> None:
    before = store.version()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what raises
        async with store.transaction() as transaction:
            await transaction.put_role(Role("Clerk", ()))
            raise ZeroDivisionError
    assert store.version() == before


async def test_another_process_changes_the_version_too(tmp_path: Path) -> None:
    ours, theirs = open_store(tmp_path, entropy=Dice()), open_store(tmp_path, entropy=Dice())
    before = ours.version()
    async with theirs.transaction() as transaction:
        await transaction.put_role(Role("Clerk", ()))
    assert ours.version() != before
    await ours.aclose()
    await theirs.aclose()
