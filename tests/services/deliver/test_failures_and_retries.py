"""What becomes of a callback that does not arrive: the vendor's retries, a fallback, a day of them, a dead letter."""

from dataclasses import replace
from itertools import pairwise

from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import DeliveryState
from hubbub.domain.ids import SubscriptionId
from hubbub.lab.customer import CustomerAnswer
from hubbub.services.deliveries.callbacks import RetryPolicy
from hubbub.services.deliveries.delivery_retries import EXPONENTIAL_ATTEMPTS
from services.deliver.conftest import RECEIVER, PostOffice, numbers

FALLBACK = "https://backup.example/events"
BAD = CustomerAnswer("", 500)


async def test_a_refused_connection_is_tried_as_often_as_the_dialect_says_then_it_is_dead(
    post: PostOffice,
) -> None:
    acme = post.web.add(RECEIVER, lambda request: "")
    acme.is_down = True
    await post.happen(await post.follow(1))
    await post.pass_time(60)
    assert len(acme.requests) == 2
    assert len({request.headers["token"] for request in acme.requests}) == 1
    (delivery,) = await post.deliveries()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, 2)
    assert (delivery.error or "").startswith("connect: ")


async def test_a_bad_status_is_not_tried_again_where_the_dialect_does_not_want_it(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: BAD)
    await post.happen(await post.follow(1))
    await post.pass_time(60)
    assert len(acme.requests) == 1
    (delivery,) = await post.deliveries()
    assert (delivery.state, delivery.status) == (DeliveryState.DEAD, 500)


async def test_only_the_statuses_asked_for_are_tried_again(post: PostOffice) -> None:
    post.callbacks.policy = RetryPolicy(3, (1000,), on_status=True, status_classes=frozenset({5}))
    answers = iter([BAD, CustomerAnswer("", 404)])
    acme = post.web.add(RECEIVER, lambda request: next(answers))
    await post.happen(await post.follow(1))
    await post.pass_time(60)
    first, second = acme.requests
    assert 1.0 <= second.at_s - first.at_s < 1.1
    (delivery,) = await post.deliveries()
    assert (delivery.state, delivery.status, delivery.attempts) == (DeliveryState.DEAD, 404, 2)


async def test_a_redirect_that_leads_nowhere_and_a_3xx_are_no_good_answers(post: PostOffice) -> None:
    post.web.add(RECEIVER, lambda request: CustomerAnswer("", 304))
    post.web.add("https://loop.example/", lambda request: CustomerAnswer("", 302, location="/again"))
    await post.happen(await post.follow(1))
    await post.pass_time(1)
    await post.happen(await post.follow(2, "https://loop.example/"))
    await post.pass_time(60)
    first, second = await post.deliveries()
    assert (first.state, first.status) == (DeliveryState.DEAD, 304)
    assert second.state is DeliveryState.DEAD
    assert (second.error or "").startswith("redirects: ")


async def test_the_fallback_is_asked_after_the_last_attempt(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: CustomerAnswer("", 404))
    backup = post.web.add(FALLBACK, lambda request: "")
    await post.happen(await post.follow(1, fallback=WebTarget(FALLBACK)))
    await post.pass_time(1)
    assert len(acme.requests) == len(backup.requests) == 1
    assert acme.requests[0].headers["token"] == backup.requests[0].headers["token"]
    (delivery,) = await post.deliveries()
    assert (delivery.state, delivery.status) == (DeliveryState.DELIVERED, 200)
    assert "404" in (delivery.error or "")


async def test_without_a_fallback_that_answers_it_is_dead_and_the_next_goes_out(post: PostOffice) -> None:
    answers = iter([BAD, ""])
    acme = post.web.add(RECEIVER, lambda request: next(answers))
    post.web.add(FALLBACK, lambda request: BAD)
    room = await post.follow(1, fallback=WebTarget(FALLBACK))
    await post.happen(room, 2)
    await post.pass_time(1)
    assert numbers(acme.requests) == [1, 2]
    assert [d.state for d in await post.deliveries()] == [DeliveryState.DEAD, DeliveryState.DELIVERED]


async def test_a_silent_receiver_is_given_up_at_its_time_out(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: CustomerAnswer(after_s=100))
    await post.happen(await post.follow(1, timeout_s=3.0))
    await post.pass_time(2.9)
    (delivery,) = await post.deliveries()
    assert delivery.state is DeliveryState.SENDING
    await post.pass_time(0.2)
    (delivery,) = await post.deliveries()
    assert delivery.state is DeliveryState.DEAD
    assert (delivery.error or "").startswith("timeout: ")
    assert len(acme.requests) == 1


async def test_on_request_it_is_tried_for_a_day_ever_more_rarely_and_then_kept_as_dead(
    post: PostOffice,
) -> None:
    acme = post.web.add(RECEIVER, lambda request: BAD)
    await post.happen(await post.follow(1, details=(("retry", "exponential"),)))
    await post.pass_time(24 * 3600)
    times = [request.at_s for request in acme.requests]
    assert len(times) == EXPONENTIAL_ATTEMPTS
    assert all(later - earlier <= 3601 for earlier, later in pairwise(times))
    assert times[9] - times[0] < 1024
    assert times[-1] - times[0] > 4 * 3600
    assert len({request.headers["token"] for request in acme.requests}) == 1
    (delivery,) = await post.deliveries()
    assert (delivery.state, delivery.status) == (DeliveryState.DEAD, 500)
    await post.pass_time(24 * 3600)
    assert len(acme.requests) == EXPONENTIAL_ATTEMPTS


async def test_what_comes_back_within_the_day_gets_everything_in_order(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: "")
    acme.is_down = True
    room = await post.follow(1, details=(("retry", "exponential"),))
    await post.happen(room, 5)
    await post.pass_time(3600)
    tried = len(acme.requests)
    acme.is_down = False
    await post.pass_time(2 * 3600)
    assert numbers(acme.requests[tried:]) == [1, 2, 3, 4, 5]


async def test_the_whole_server_may_be_told_to_retry_for_a_day(post: PostOffice) -> None:
    await post.dispatcher.aclose()
    post.open(retry="exponential")
    acme = post.web.add(RECEIVER, lambda request: BAD)
    await post.happen(await post.follow(1))
    await post.happen(await post.follow(2, details=(("retry", "vendor"),)))
    await post.pass_time(600)
    assert {d.state for d in await post.deliveries()} == {DeliveryState.DUE, DeliveryState.DEAD}
    assert len(acme.requests) > 4


async def test_a_dead_letter_that_is_made_due_again_is_sent_with_the_same_token(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: "")
    acme.is_down = True
    await post.happen(await post.follow(1))
    await post.pass_time(60)
    (dead,) = await post.deliveries(DeliveryState.DEAD)
    acme.is_down = False
    await post.put(dead._replace(state=DeliveryState.DUE, attempts=0, due_at_ms=post.clock.now_ms()))
    await post.pass_time(1)
    assert (await post.delivery(dead.id)).state is DeliveryState.DELIVERED
    assert {request.headers["token"] for request in acme.requests} == {dead.token}


async def test_a_host_that_is_down_is_told_to_the_log_once_a_minute(post: PostOffice) -> None:
    post.web.add("https://down.example/", lambda request: "").is_down = True
    for number in range(30):
        await post.happen(await post.follow(number, f"https://down.example/{number}"))
    await post.pass_time(50)
    warnings = [values for level, _, values in post.log.entries if level == "warning"]
    assert len(warnings) == 2, "one that it is tried again, one that it is given up"
    assert all(values["host"] == "down.example" for values in warnings)
    await post.pass_time(60)
    await post.happen(await post.follow(31, "https://down.example/x"))
    await post.pass_time(5)
    assert len([1 for level, _, _ in post.log.entries if level == "warning"]) == 4


async def test_a_subscription_that_is_over_still_gets_what_was_due(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: "")
    acme.is_down = True
    room = await post.follow(1, details=(("retry", "exponential"),))
    await post.happen(room, 2)
    async with post.store.transaction() as tx:
        await tx.delete_subscriptions(room)
    await post.happen(room)
    acme.is_down = False
    await post.pass_time(60)
    assert set(numbers(acme.requests)) == {1, 2}


async def test_two_who_follow_one_room_are_both_told_of_everything(post: PostOffice) -> None:
    acme = post.web.add(RECEIVER, lambda request: "")
    globex = post.web.add("https://globex.example/", lambda request: "")
    room = await post.follow(1)
    await post.follow(1, "https://globex.example/", id=SubscriptionId("9" * 32))
    await post.happen(room, 5)
    await post.pass_time(5)
    assert numbers(acme.requests) == numbers(globex.requests) == [1, 2, 3, 4, 5]


async def test_a_policy_without_delays_tries_again_at_once(post: PostOffice) -> None:
    post.callbacks = replace(post.callbacks, policy=RetryPolicy(3, (), on_status=True))
    await post.dispatcher.aclose()
    post.open()
    acme = post.web.add(RECEIVER, lambda request: BAD)
    await post.happen(await post.follow(1))
    await post.pass_time(1)
    assert len(acme.requests) == 3
