"""TCP between simulated hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hubbub.lab.loop import SimulatedLoop
from hubbub.lab.network import Conditions

SERVER = "10.0.0.1"


def simulated() -> SimulatedLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    return loop


@asynccontextmanager
async def connection(**options: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(SERVER, 5060, **options)
    yield reader, writer
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(10)  # the end of the stream reaches the other side, over a bad network too


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every byte until the end, then closes."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_streams_of_asyncio_work_unchanged_both_ways() -> None:
    server = await asyncio.start_server(echo, SERVER, 5060)
    async with connection() as (reader, writer):
        writer.write(b"hello")
        writer.write_eof()
        assert await reader.read() == b"hello"
    server.close()
    await server.wait_closed()
    await asyncio.sleep(1)
    assert not simulated().network.bound


async def test_a_large_write_arrives_in_pieces_in_order_over_a_lossy_path() -> None:
    simulated().network.set_conditions(Conditions(delay_s=0.02, jitter_s=0.03, loss=0.2))
    await asyncio.start_server(echo, SERVER, 5060)
    async with connection() as (reader, writer):
        sent = bytes(range(256)) * 1000
        writer.write(sent)
        writer.write_eof()
        pieces = [piece async for piece in read_in_pieces(reader)]
    assert b"".join(pieces) == sent
    assert len(pieces) > 1
    assert simulated().time() > 0.2


async def read_in_pieces(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await reader.read(65_536):
        yield piece


async def test_connecting_takes_a_round_trip() -> None:
    simulated().network.set_conditions(Conditions(delay_s=0.05))
    await asyncio.start_server(echo, SERVER, 5060)
    async with connection():
        assert simulated().time() == pytest.approx(0.1)


async def test_nobody_listening_refuses_and_keeps_no_port() -> None:
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(SERVER, 5060)
    assert not simulated().network.bound


async def test_a_port_is_listened_on_once() -> None:
    await asyncio.start_server(echo, SERVER, 5060)
    with pytest.raises(OSError, match="taken"):
        await asyncio.start_server(echo, SERVER, 5060)


async def test_both_ends_know_each_others_address() -> None:
    names: list[tuple[str, int]] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        names.append(writer.get_extra_info("peername"))
        names.append(writer.get_extra_info("sockname"))
        writer.close()

    await asyncio.start_server(note, SERVER, 5060)
    async with connection(local_addr=("10.0.0.2", 4000)) as (_, writer):
        await asyncio.sleep(0.1)
        assert names == [("10.0.0.2", 4000), (SERVER, 5060)]
        assert writer.get_extra_info("peername") == (SERVER, 5060)


async def test_a_slow_reader_slows_the_writer() -> None:
    got: list[int] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(10_000):
            got.append(len(data))
            await asyncio.sleep(1)
        writer.close()

    await asyncio.start_server(slow, SERVER, 5060, limit=10_000)
    async with connection() as (_, writer):
        for _ in range(50):
            writer.write(bytes(10_000))
            await writer.drain()
        assert simulated().time() > 20
    await asyncio.sleep(100)
    assert sum(got) == 500_000


async def test_an_abort_reaches_the_peer_as_a_reset() -> None:
    seen: list[type[BaseException]] = []

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        except ConnectionResetError as error:
            seen.append(type(error))
        writer.close()

    await asyncio.start_server(wait, SERVER, 5060)
    _, writer = await asyncio.open_connection(SERVER, 5060)
    writer.transport.abort()
    await asyncio.sleep(1)
    assert seen == [ConnectionResetError]
