"""Answers kept under idempotency keys, as rows."""

from typing import Final

import msgspec

from hubbub.services.ports import KeptAnswer
from hubbub.storage.engines.connection import Connection

_HEADERS: Final = msgspec.json.Decoder(tuple[tuple[str, str], ...])


class KeptAnswers:
    """Reads and writes kept answers."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def get(self, account_id: str, key: str) -> KeptAnswer | None:
        row = await self._db.one("get_kept_answer", (account_id, key))
        return None if row is None else KeptAnswer._make((*row[:3], _HEADERS.decode(row[3]), *row[4:]))

    async def keep(self, account_id: str, key: str, answer: KeptAnswer) -> None:
        headers = msgspec.json.encode(answer.headers).decode()
        await self._db.run("keep_answer", (account_id, key, *answer[:3], headers, *answer[4:]))

    async def forget(self, before_ms: int) -> None:
        await self._db.run("forget_answers", (before_ms,))
