"""One bad receiver delays nobody else; a crash loses nothing."""

from collections import Counter

from hubbub.domain.delivery import DeliveryState
from hubbub.domain.errors import ConferenceEnded
from hubbub.domain.events import EventKind
from hubbub.lab.customer import CustomerAnswer
from hubbub.markup.instructions import Document, DocumentError, Hangup
from hubbub.services.deliveries.delivery_retries import EXPONENTIAL
from hubbub.services.recover_from_crash import recover_from_crash
from services.deliver.conftest import RECEIVER, PostOffice, numbers

SLOW = "https://slow.example/"


async def test_three_hundred_rooms_of_a_silent_host_do_not_delay_another(post: PostOffice) -> None:
    slow = post.web.add(SLOW, lambda request: CustomerAnswer(after_s=100))
    acme = post.web.add(RECEIVER, lambda request: "")
    for number in range(300):
        await post.happen(await post.follow(number, SLOW))
    await post.pass_time(2)
    room = await post.follow(1000)
    for _ in range(10):
        await post.happen(room)
        await post.pass_time(1)
    assert numbers(acme.requests) == list(range(1, 11))
    sent = [request.at_s for request in acme.requests]
    assert max(abs(at - 2 - index) for index, at in enumerate(sent)) < 0.1
    assert len(slow.requests) <= 2 * 16, "a host has its turns and no more"


async def test_a_silent_host_with_hundreds_of_rooms_gets_them_all_when_it_is_back(post: PostOffice) -> None:
    slow = post.web.add(SLOW, lambda request: CustomerAnswer(after_s=4.0) if post.loop.time() < 60 else "")
    for number in range(300):
        await post.happen(await post.follow(number, SLOW))
    await post.pass_time(120)
    assert {d.state for d in await post.deliveries()} == {DeliveryState.DELIVERED}
    assert {d.attempts for d in await post.deliveries()} == {1}, "one that was handed back was not an attempt"
    assert len(slow.requests) == 300


async def test_a_busy_receiver_is_not_handed_what_it_has_already(post: PostOffice) -> None:
    """A lease that runs out while the request is still under way is not a second request."""
    await post.dispatcher.aclose()
    post.open(lease_ms=1_000)
    acme = post.web.add(RECEIVER, lambda request: CustomerAnswer(after_s=10))
    await post.happen(await post.follow(1))
    await post.pass_time(15)
    assert len(acme.requests) == 1
    (delivery,) = await post.deliveries()
    assert delivery.state is DeliveryState.DELIVERED


async def test_what_a_dead_process_had_leased_is_sent_again_when_the_lease_is_over(post: PostOffice) -> None:
    await post.dispatcher.aclose()
    room = await post.follow(1)
    await post.happen(room, 3)
    async with post.store.transaction() as tx:
        (leased,) = await tx.lease_deliveries(post.clock.now_ms(), post.clock.now_ms() + 60_000, 10)
    acme = post.web.add(RECEIVER, lambda request: "")
    post.open()
    await post.pass_time(59)
    assert acme.requests == [], "the one in front may still arrive: those behind it wait"
    await post.pass_time(2)
    assert numbers(acme.requests) == [1, 2, 3]
    assert acme.requests[0].headers["token"] == leased.token


async def test_a_server_that_starts_again_sends_at_once_what_it_was_sending(post: PostOffice) -> None:
    await post.dispatcher.aclose()
    here, there = await post.follow(1), await post.follow(2)
    await post.happen(here, 2)
    await post.happen(there)
    now_ms = post.clock.now_ms()
    async with post.store.transaction() as tx:
        (mine,) = await tx.lease_deliveries(now_ms, now_ms + 60_000, 1, "here")
        await tx.lease_deliveries(now_ms, now_ms + 60_000, 1, "there")
    acme = post.web.add(RECEIVER, lambda request: "")
    assert (await recover_from_crash(post.store, post.clock, "here")).deliveries == 1
    post.open(node="here")
    await post.pass_time(1)
    assert numbers(acme.requests, here) == [1, 2]
    assert numbers(acme.requests, there) == [], "what another node is sending is left to it"
    assert acme.requests[0].headers["token"] == mine.token
    assert (await post.delivery(mine.id)).attempts == 2, "the first one may have arrived"
    await post.pass_time(61)
    assert numbers(acme.requests, there) == [1], "until its lease is over"


async def test_one_subscriber_that_fails_delays_no_other_of_the_same_room(post: PostOffice) -> None:
    await post.dispatcher.aclose()
    post.open(retry=EXPONENTIAL)
    broken = post.web.add(SLOW, lambda request: CustomerAnswer("", 500) if post.loop.time() < 3_600 else "")
    acme = post.web.add(RECEIVER, lambda request: "")
    room = await post.follow(1)
    await post.follow(1, SLOW)
    for _ in range(10):
        await post.happen(room)
        await post.pass_time(1)
    assert numbers(acme.requests) == list(range(1, 11)), "each at its time, to the one"
    assert set(numbers(broken.requests)) == {1}, "again and again the first one, to the other"
    await post.pass_time(10_000)
    told = numbers(broken.requests)
    assert told == sorted(told)
    assert told[-10:] == list(range(1, 11)), "then the rest of them, in order"
    assert {d.state for d in await post.deliveries()} == {DeliveryState.DELIVERED}


async def test_stopping_hands_back_what_is_under_way(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: CustomerAnswer(after_s=10))
    for number in range(40):
        await post.happen(await post.follow(number))
    await post.pass_time(0.5)
    await post.dispatcher.aclose()
    assert Counter(d.state for d in await post.deliveries()) == {DeliveryState.DUE: 40}
    acme.handler = lambda request: ""
    post.open()
    await post.pass_time(1)
    assert Counter(d.state for d in await post.deliveries()) == {DeliveryState.DELIVERED: 40}


async def test_stopping_with_a_grace_sends_what_is_due_first(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: CustomerAnswer(after_s=0.5))
    await post.happen(await post.follow(1), 3)
    began_s = post.loop.time()
    await post.dispatcher.aclose(grace_s=5)
    assert 1.5 <= post.loop.time() - began_s < 2
    assert numbers(acme.requests) == [1, 2, 3]
    assert {d.state for d in await post.deliveries()} == {DeliveryState.DELIVERED}


async def test_an_answer_is_run_in_the_room_before_the_next_is_told(post: PostOffice) -> None:
    program = Document((Hangup(),), None)
    post.callbacks.programs = lambda body: program if body == b"go" else None
    ran_before: list[int] = []

    def receive(request: object) -> str:
        ran_before.append(len(post.rooms.ran))
        return "go"

    post.web.add(RECEIVER, receive)
    room = await post.follow(1)
    await post.happen(room, 3)
    await post.pass_time(1)
    assert post.rooms.ran == [(room, program, "plain")] * 3
    assert ran_before == [0, 1, 2]


async def test_an_answer_that_cannot_be_run_is_told_to_the_log_and_counts_as_delivered(
    post: PostOffice,
) -> None:
    def wrong(body: bytes) -> Document:
        raise DocumentError("12100", "not XML")

    post.callbacks.programs = wrong
    post.web.add(RECEIVER, lambda request: "<<<")
    room = await post.follow(1, kinds=frozenset({EventKind.PARTICIPANT_MUTED}))
    await post.happen(room)
    await post.pass_time(1)
    (delivery,) = await post.deliveries()
    assert delivery.state is DeliveryState.DELIVERED
    told = [entry.event for entry in await post.store.read.events(0, 100)][-1]
    assert (told.kind, told.conference_id) == (EventKind.DOCUMENT_FAILED, room)
    assert told.data == {"code": "12100", "message": "not XML", "url": RECEIVER}


async def test_an_answer_for_a_room_that_is_over_is_dropped(post: PostOffice) -> None:
    post.callbacks.programs = lambda body: Document((Hangup(),), None)
    post.rooms.refusal = ConferenceEnded("it is over")
    post.web.add(RECEIVER, lambda request: "go")
    await post.happen(await post.follow(1))
    await post.pass_time(1)
    (delivery,) = await post.deliveries()
    assert delivery.state is DeliveryState.DELIVERED
