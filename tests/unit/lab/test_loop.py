"""Simulated time: it stands still while anything runs, and jumps when nothing does."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from hubbub.lab.errors import NotSimulated, SimulationDeadlock, SimulationOverran, SimulationStalled
from hubbub.lab.loop import SimulatedLoop, run


async def test_a_year_of_sleep_takes_no_time_and_lands_exactly() -> None:
    loop = asyncio.get_running_loop()
    started, real = loop.time(), time.monotonic()
    await asyncio.sleep(365 * 86_400)
    assert loop.time() == started + 365 * 86_400
    assert time.monotonic() - real < 60


async def test_time_stands_still_while_callbacks_run() -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    for _ in range(100):
        await asyncio.sleep(0)
    assert loop.time() == started


async def test_timers_of_one_moment_run_in_the_order_they_were_set() -> None:
    loop = asyncio.get_running_loop()
    order: list[int] = []
    when = loop.time() + 1
    for number in range(50):
        loop.call_at(when, order.append, number)
    await asyncio.sleep(2)
    assert order == list(range(50))


async def test_a_timer_in_the_past_runs_now() -> None:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(5)
    fired: list[float] = []
    loop.call_at(1, lambda: fired.append(loop.time()))
    await asyncio.sleep(0.001)
    assert fired == [5.0]


async def test_a_busy_turn_does_not_starve_a_timer_that_is_due() -> None:
    loop = asyncio.get_running_loop()
    fired: list[str] = []
    loop.call_later(0, fired.append, "timer")
    while not fired:  # noqa: ASYNC110 - the busy turn that is tested
        await asyncio.sleep(0)
    assert fired == ["timer"]


async def test_a_cancelled_timer_never_runs_and_time_does_not_wait_for_it() -> None:
    loop = asyncio.get_running_loop()
    fired: list[str] = []
    timers = [loop.call_later(n, fired.append, "no") for n in range(1, 500)]
    for timer in timers:
        timer.cancel()
    await asyncio.sleep(600)
    assert fired == []


async def test_timeouts_work_as_anywhere() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.Event().wait()
    assert loop.time() == 30.0


async def test_work_for_threads_runs_in_the_loops_own_thread_and_errors_come_back() -> None:
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, threading.get_ident) == threading.get_ident()
    assert await asyncio.to_thread(sum, [1, 2]) == 3
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(None, lambda: 1 // 0)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await loop.run_in_executor(None, next, iter(()))


def test_waiting_for_what_never_comes_is_a_deadlock_that_names_who_waits() -> None:
    async def wait_for_godot() -> None:
        await asyncio.Event().wait()

    with pytest.raises(SimulationDeadlock, match="wait_for_godot"):
        run(wait_for_godot())


def test_callbacks_that_chase_one_another_stall() -> None:
    async def chase() -> None:
        while True:  # noqa: ASYNC110 - the fault that is tested
            await asyncio.sleep(0)

    with pytest.raises(SimulationStalled, match="chase"):
        run(chase())


def test_waiting_while_timers_go_on_overruns_the_limit() -> None:
    async def tick_for_ever() -> None:
        while True:  # noqa: ASYNC110 - the fault that is tested
            await asyncio.sleep(0.02)

    async def main() -> None:
        ticking = asyncio.create_task(tick_for_ever(), name="ticker")
        await asyncio.Event().wait()
        ticking.cancel()

    with pytest.raises(SimulationOverran, match="ticker"):
        run(main(), time_limit_s=10)


def test_a_program_may_be_run_and_gives_its_result() -> None:
    async def main() -> float:
        await asyncio.sleep(7)
        return asyncio.get_running_loop().time()

    assert run(main()) == 7.0


async def test_only_literal_addresses_and_known_names_are_resolved() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    loop.network.names["edge.example"] = "10.0.0.9"
    found = await loop.getaddrinfo("edge.example", 5060, type=socket.SOCK_DGRAM)
    assert found == [(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP, "", ("10.0.0.9", 5060))]
    assert (await loop.getaddrinfo("::1", 80))[0][4] == ("::1", 80, 0, 0)
    with pytest.raises(socket.gaierror):
        await loop.getaddrinfo("www.example.com", 80)
    with pytest.raises(socket.gaierror):
        await loop.getaddrinfo("10.0.0.9", 80, family=socket.AF_INET6)


async def test_what_is_not_simulated_is_refused_by_name() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(NotSimulated, match="ssl"):
        await loop.create_connection(asyncio.Protocol, "127.0.0.1", 443, ssl=True)
