"""How much work a question is: SQLite counts its own virtual machine steps, which no busy machine disturbs."""

import sqlite3
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def counted(raw: sqlite3.Connection, question: Awaitable[T]) -> tuple[int, T]:
    """Steps that a question takes on a connection, in tens, and its answer."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    raw.set_progress_handler(tick, 10)
    try:
        answer = await question
    finally:
        raw.set_progress_handler(None, 0)
    return count, answer
