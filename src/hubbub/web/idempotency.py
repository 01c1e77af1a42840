"""`Idempotency-Key` on POST: the same request under the same key is done once and answered alike.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/. Owns the meaning of the header for every
dialect alike; who asks is for the dialect to say, before anything that was kept is given away. An answer is kept
in the database before it is sent, so that a client who saw none may ask again after a crash of ours and be told
the same; between doing and keeping there is a moment in which a crash forgets that it was done.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from hubbub.dialects.contract import Desk, Dialect, HttpRequest, HttpResponse
from hubbub.domain.ids import AccountId
from hubbub.services.accounts.authenticate import Caller
from hubbub.services.ports import KeptAnswer

HEADER: Final = "idempotency-key"
REPLAYED: Final = ("Idempotency-Replayed", "true")
KEY_CHARS_MAX: Final = 255
BODY_BYTES_MAX: Final = 1_048_576
"""A longer answer is not kept."""
_NOT_KEPT: Final = frozenset({401, 408, 429})
"""Refusals that ask for another try."""

Handle = Callable[[], Awaitable[HttpResponse]]


class IdempotencyKeys:
    """
    Args:
        keep_ms: how long an answer is given again.
    """

    def __init__(self, desk: Desk, keep_ms: int) -> None:
        self._desk = desk
        self._keep_ms = keep_ms
        self._under_way: dict[tuple[AccountId, str], asyncio.Future[None]] = {}

    async def answer(self, dialect: Dialect, request: HttpRequest, handle: Handle) -> HttpResponse:
        """The answer that was kept for the request's key, or a new one."""
        key = request.headers[HEADER]
        caller = await dialect.identify(request, self._desk)
        if caller is None:
            return await handle()
        if not 0 < len(key) <= KEY_CHARS_MAX:
            return dialect.refuse(
                request, 400, f"An Idempotency-Key has between 1 and {KEY_CHARS_MAX} characters"
            )
        account_id = caller.account.id
        name = _digest(request.path.encode("utf-8", "replace"), key.encode("utf-8", "replace"))
        place = (account_id, name)
        while (other := self._under_way.get(place)) is not None:
            await asyncio.wait((other,))
        mine = self._under_way[place] = asyncio.get_running_loop().create_future()
        try:
            fingerprint = _fingerprint(request, caller)
            kept = await self._desk.store.read.kept_answer(account_id, name)
            if kept is not None and kept.kept_at_ms > self._desk.clock.now_ms() - self._keep_ms:
                if kept.fingerprint != fingerprint:
                    return dialect.refuse(
                        request, 422, "This Idempotency-Key was used with another request or by another user"
                    )
                return _again(kept)
            response = await handle()
            await self._keep(account_id, name, fingerprint, response)
            return response
        finally:
            del self._under_way[place]
            mine.set_result(None)

    async def _keep(self, account_id: AccountId, name: str, fingerprint: str, response: HttpResponse) -> None:
        if (
            not 200 <= response.status < 500
            or response.status in _NOT_KEPT
            or response.stream is not None
            or len(response.body) > BODY_BYTES_MAX
        ):
            return
        answer = KeptAnswer(
            fingerprint,
            response.status,
            response.content_type,
            response.headers,
            response.body,
            self._desk.clock.now_ms(),
        )
        try:
            async with self._desk.store.transaction() as tx:
                await tx.keep_answer(account_id, name, answer)
        except Exception as error:
            # What was asked is done; that it cannot be remembered (a full disk) must not look like a failure.
            self._desk.log.error("answer not kept", exc_info=error)


def _again(kept: KeptAnswer) -> HttpResponse:
    return HttpResponse(kept.status, kept.body, kept.content_type, (*kept.headers, REPLAYED))


def _fingerprint(request: HttpRequest, caller: Caller) -> str:
    """What must be equal in a repetition. The credential is part of it: another one of the same account may not
    be allowed to see the answer."""
    texts = (request.query, request.headers.get("content-type", ""), caller.credential.id)
    return _digest(*(text.encode("utf-8", "replace") for text in texts), request.body)


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()
