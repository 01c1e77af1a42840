"""Answers kept under idempotency keys, and contacts of SIP users."""

import pytest

from hubbub.domain.errors import InvalidValue
from hubbub.services.ports import KeptAnswer, Registration, Store
from hubbub.storage.memory import MemoryStore
from storage.cast import ACME, GLOBEX, T0

ANSWER = KeptAnswer(
    "f1", 201, "application/json", (("Location", "/x"), ("Link", "a"), ("Link", "b")), b"\0\xff", T0
)
DESK = Registration(
    "alice", ACME, "sip:alice@192.0.2.1:5060", "udp:192.0.2.1:5060", T0, "abc@desk", 7, "Desk/1"
)


async def test_an_answer_is_kept_by_account_and_key_until_it_is_too_old(store: Store) -> None:
    bare = KeptAnswer("f2", 204, None, (), b"", T0 + 5)
    async with store.transaction() as tx:
        await tx.keep_answer(ACME, "key", ANSWER)
        await tx.keep_answer(GLOBEX, "key", bare)
        assert await tx.kept_answer(ACME, "key") == ANSWER
    assert await store.read.kept_answer(ACME, "key") == ANSWER
    assert await store.read.kept_answer(GLOBEX, "key") == bare
    assert await store.read.kept_answer(ACME, "other") is None
    async with store.transaction() as tx:
        await tx.forget_answers(T0)
        assert await tx.kept_answer(ACME, "key") == ANSWER
        await tx.forget_answers(T0 + 1)
    assert await store.read.kept_answer(ACME, "key") is None
    assert await store.read.kept_answer(GLOBEX, "key") == bare


async def test_a_later_answer_takes_the_place_of_an_earlier(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.keep_answer(ACME, "key", ANSWER)
        await tx.keep_answer(ACME, "key", ANSWER._replace(status=202, kept_at_ms=T0 + 9))
    assert await store.read.kept_answer(ACME, "key") == ANSWER._replace(status=202, kept_at_ms=T0 + 9)


async def test_a_key_that_is_no_text_is_found_nowhere_and_not_stored(store: Store) -> None:
    assert await store.read.kept_answer(ACME, "\ud800") is None
    if isinstance(store, MemoryStore):
        return
    async with store.transaction() as tx:
        with pytest.raises(InvalidValue):
            await tx.keep_answer(ACME, "\ud800", ANSWER)


async def test_a_user_has_several_contacts_each_put_and_deleted_alone(store: Store) -> None:
    soft = DESK._replace(
        contact_uri="sip:alice@198.51.100.7;transport=tcp", source="tcp:198.51.100.7:40000", user_agent=None
    )
    async with store.transaction() as tx:
        await tx.put_registration(soft)
        await tx.put_registration(DESK)
        await tx.put_registration(DESK._replace(username="bob"))
        assert await tx.registrations("alice") == [DESK, soft]
        await tx.put_registration(DESK._replace(expires_at_ms=T0 + 60_000, cseq=(1 << 31) - 1))
    moved = DESK._replace(expires_at_ms=T0 + 60_000, cseq=(1 << 31) - 1)
    assert await store.read.registrations("alice") == [moved, soft]
    async with store.transaction() as tx:
        await tx.delete_registration("alice", soft.contact_uri)
        await tx.delete_registration("alice", "sip:nobody@nowhere")
    assert await store.read.registrations("alice") == [moved]
    assert await store.read.registrations("bob") == [DESK._replace(username="bob")]
    assert await store.read.registrations("carol") == []
