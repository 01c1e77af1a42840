"""The shell on real sockets of the loopback interface, under asyncio's own loop and under uvloop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import pytest

from endpoints.sip.parties import Party
from hubbub.domain.call import HangupCause

IN_USE: Final = "in use|could not bind"
"""What asyncio says, and what uvloop says."""


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a peer on this machine: milliseconds, at most five seconds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def listening(host: str = "127.0.0.1") -> AsyncIterator[Party]:
    """An endpoint on a free port."""
    one = Party(host, port=0, open_networks=("127.0.0.0/8", "::1/128"))
    one.uri = await one.endpoint.start(one.events)
    try:
        yield one
    finally:
        await one.endpoint.aclose()
    assert not one.endpoint.is_listening
    assert one.log.lines == []


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_two_endpoints_call_each_other_and_hang_up(transport: str) -> None:
    async with listening() as server, listening() as caller:
        server.answers()
        placed = caller.place(server.uri.replace("sip:", "sip:room@") + f";transport={transport}")
        await until(lambda: len(server.events.notes) == 2 and len(caller.events.notes) == 1)
        caller.endpoint.hang_up(placed, HangupCause.COMPLETED)
        await until(lambda: len(server.events.notes) == 3)
        assert server.events.end == (HangupCause.HANGUP, None)
        assert caller.events.end == (HangupCause.COMPLETED, None)


# uvloop forgets the handle of a bind that failed.
@pytest.mark.filterwarnings("ignore:.*UVHandle:pytest.PytestUnraisableExceptionWarning")
async def test_a_taken_port_is_refused_and_nothing_stays_open() -> None:
    async with listening() as first:
        port = int(first.uri.rpartition(":")[2])
        second = Party("127.0.0.1", port=port)
        with pytest.raises(OSError, match=IN_USE):
            await second.endpoint.start(second.events)
        assert not second.endpoint.is_listening
        await second.endpoint.aclose()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", port))


async def test_a_port_taken_on_tcp_alone_is_refused_too() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        one = Party("127.0.0.1", port=taken.getsockname()[1])
        with pytest.raises(OSError, match=IN_USE):
            await one.endpoint.start(one.events)


async def test_listening_everywhere_an_address_that_can_be_reached_is_told() -> None:
    async with listening("0.0.0.0") as one:
        assert one.endpoint._shell.reached_at not in ("", "0.0.0.0")


async def test_a_tcp_port_where_nobody_listens_ends_the_call_at_once() -> None:
    async with listening() as caller:
        caller.place("sip:room@127.0.0.1:1;transport=tcp")
        await until(lambda: bool(caller.events.notes))
        assert caller.events.end == (HangupCause.SIGNALLING_FAILED, 503)
