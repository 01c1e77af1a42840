"""The queue that a leg's document waits for."""

import asyncio

import pytest

from hubbub.services.calls.mailbox import Mailbox


def test_what_came_first_is_got_first() -> None:
    box: Mailbox[int] = Mailbox()
    assert box.empty()
    box.put_nowait(1)
    box.put_nowait(2)
    assert [box.get_nowait(), box.get_nowait()] == [1, 2]
    assert box.empty()


def test_nothing_can_be_got_of_an_empty_one() -> None:
    with pytest.raises(IndexError):
        Mailbox[int]().get_nowait()


async def test_one_who_waits_gets_what_comes() -> None:
    box: Mailbox[str] = Mailbox()
    waiting = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    box.put_nowait("news")
    assert await waiting == "news"


async def test_a_bell_that_rang_for_something_got_already_is_no_news() -> None:
    box: Mailbox[str] = Mailbox()
    box.put_nowait("old")
    box.get_nowait()
    waiting = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    box.put_nowait("new")
    assert await waiting == "new"


async def test_two_mailboxes_ring_one_bell() -> None:
    first: Mailbox[int] = Mailbox()
    second: Mailbox[int] = Mailbox(first.bell)
    second.put_nowait(1)
    assert first.bell.is_set()
    assert first.empty()
