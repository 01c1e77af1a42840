"""Tells subscribers what the log holds: takes deliveries that are due, sends them, writes what came of it.

One dispatcher for the whole server, no task per room. It leases a batch, lets a bounded number of requests be
under way at once, altogether and to one host, and writes outcomes together, in the transaction that leases the
next ones. A delivery that is leased is in the database: whatever happens to this process, it is sent again when
its lease is over, or this node starts again, with the same token. Of one queue (a room's callbacks to one receiver)
the store leases one delivery at a time, which is what keeps the order. Nothing here is on the way of a call: calls write rows, and go on.

Leaves the words to `word_delivery`, retries to `delivery_retries`, fairness among hosts to `host_gate`, the
exchange to the sender behind `DocumentFetcher`.
"""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.errors import Refusal
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import DeliveryId
from hubbub.markup.instructions import Document, DocumentError
from hubbub.markup.language import DocumentRequest
from hubbub.services.commands import RoomCommands
from hubbub.services.deliveries.callbacks import CallbackContext
from hubbub.services.deliveries.delivery_retries import (
    VENDOR,
    FailedAttempt,
    exponential_delay_ms,
    is_exponential,
    vendor_delay_ms,
)
from hubbub.services.deliveries.host_gate import HostGate
from hubbub.services.deliveries.word_delivery import Gathered, Untellable, WordDelivery, Worded
from hubbub.services.ports import (
    Clock,
    DocumentFetcher,
    Entropy,
    FetchFailed,
    FetchResponse,
    Log,
    Store,
)

LOG_PAUSE_S: Final = 60.0
"""Failures of one host are told once in so long."""
LOGGED_HOSTS_MAX: Final = 1024
HELD_PER_TURN: Final = 4
"""How many deliveries are held for each that may be sent at once."""
LEASE_MAX: Final = 200
"""How many are leased and worded before others have the loop again: about fifteen milliseconds."""
LINGER_S: Final = 0.005
"""How long outcomes wait for others to be written with, while much is under way."""
BUSY: Final = 8
"""What is under way then."""
GLANCE_S: Final = 0.25
"""How soon those that wait for their host are looked at, and what somebody else seems to have."""


class DeliverySettings(NamedTuple):
    """Documented in docs/settings.md, where each has the name of a setting."""

    lease_ms: int = 60_000
    sends_max: int = 200
    sends_per_host_max: int = 16
    retry: str = VENDOR
    node: str | None = None
    """Whose leases they are: what it had when it died it takes back at its start (`recover_from_crash`)."""
    poll_s: float = 5.0
    """How often the store is asked without a reason: another process may have written deliveries."""


class Job(NamedTuple):
    """A delivery that is leased and worded."""

    delivery: Delivery
    worded: Worded
    request: DocumentRequest
    host: str


class Outcome(NamedTuple):
    delivery: Delivery
    events: tuple[Event, ...] = ()


class DeliverCallbacks:
    """The dispatcher. `start` and `aclose` are its life."""

    def __init__(
        self,
        store: Store,
        wording: WordDelivery,
        sender: DocumentFetcher,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        settings: DeliverySettings,
        *,
        rooms: RoomCommands | None = None,
    ) -> None:
        """
        Args:
            rooms: where documents go that receivers answer with; None: nowhere.
        """
        self._store = store
        self._wording = wording
        self._sender = sender
        self._clock = clock
        self._entropy = entropy
        self._log = log
        self._settings = settings
        self._rooms = rooms
        self._gate: HostGate[Job] = HostGate(settings.sends_max, settings.sends_per_host_max)
        self._held: dict[DeliveryId, Delivery] = {}
        self._outcomes: list[Outcome] = []
        self._sends: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._open = True
        self._logged: dict[str, float] = {}
        self._counts = dict.fromkeys(("delivered", "retried", "dead", "attempts", "handed_back"), 0)
        self._oldest_due_ms: int | None = None

    # --- life -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin, with what was left at the last end."""
        self._store.on_delivery(self._wake.set)
        self._task = asyncio.create_task(self._run(), name="deliveries")

    async def aclose(self, grace_s: float = 0.0) -> None:
        """Stop.

        Args:
            grace_s: go on for so long while something is due. What is not sent by then stays due.
        """
        task, self._task = self._task, None
        if task is None:
            return
        deadline_mono_s = self._clock.mono_s() + grace_s
        while self._clock.mono_s() < deadline_mono_s and await self._has_work():
            await self._clock.sleep(0.02)
        self._open = False
        for each in (task, *self._sends):
            each.cancel()
        await asyncio.gather(task, *self._sends, return_exceptions=True)
        for job in self._gate.withdraw():
            self._hand_back(job.delivery, 0.0)
        now_ms = self._clock.now_ms()
        finished = {outcome.delivery.id for outcome in self._outcomes}
        for delivery in self._held.values():
            if delivery.id not in finished:
                self._outcomes.append(Outcome(_due(delivery, now_ms, now_ms)))
        if self._outcomes:
            await self._write()

    async def _has_work(self) -> bool:
        due_ms = await self._store.read.next_delivery_due_ms()
        return bool(self._held) or (due_ms is not None and due_ms <= self._clock.now_ms())

    # --- the loop ---------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            try:
                wait_s = await self._round()
            except Exception as error:
                # The outermost loop: a full disk or a fault of ours must not end deliveries for good.
                self._log.error("deliveries failed", exc_info=error)
                wait_s = self._settings.poll_s
            if wait_s > 0:
                await self._sleep(wait_s)
            else:
                await self._clock.sleep(0)

    async def _sleep(self, wait_s: float) -> None:
        timer = self._clock.call_later(wait_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
        self._wake.clear()
        if self._gate.running >= BUSY:
            await self._clock.sleep(LINGER_S)

    async def _round(self) -> float:
        """Write outcomes, lease, begin to send. Returns how long there is nothing to do."""
        now_ms, now_mono_s = self._clock.now_ms(), self._clock.mono_s()
        for handed in self._gate.expired(now_mono_s):
            self._hand_back(handed.job.delivery, handed.after_s)
        room = self._settings.sends_max * HELD_PER_TURN - len(self._held) + len(self._outcomes)
        due_ms = await self._store.read.next_delivery_due_ms()
        leased: list[Delivery] = []
        if self._outcomes or (due_ms is not None and due_ms <= now_ms and room > 0):
            leased = await self._write(lease=min(room, LEASE_MAX))
            due_ms = await self._store.read.next_delivery_due_ms()
        self._oldest_due_ms = due_ms
        await self._prepare(leased)
        self._send_what_may()
        if self._outcomes or len(leased) == LEASE_MAX < room:
            return 0.0
        wait_s = self._settings.poll_s
        if self._gate.waiting:
            wait_s = min(wait_s, GLANCE_S)
        if due_ms is not None and room > len(leased):
            # What is due and was not leased is somebody else's: look again soon, and not at once.
            wait_s = min(wait_s, max((due_ms - now_ms) / 1000, GLANCE_S if due_ms <= now_ms else 0.0))
        return wait_s

    async def _write(self, lease: int = 0) -> list[Delivery]:
        """Write the outcomes so far, and lease up to `lease` deliveries in the same transaction."""
        outcomes, self._outcomes = self._outcomes, []
        leased: list[Delivery] = []
        now_ms = self._clock.now_ms()
        try:
            async with self._store.transaction() as tx:
                if outcomes:
                    await tx.settle_deliveries([outcome.delivery for outcome in outcomes])
                for outcome in outcomes:
                    if outcome.events:
                        await tx.append(outcome.events)
                if lease > 0 and self._open:
                    until_ms = now_ms + self._settings.lease_ms
                    leased = await tx.lease_deliveries(now_ms, until_ms, lease, self._settings.node)
        except BaseException:
            self._outcomes = outcomes + self._outcomes
            raise
        # Our own commit woke us, and what others wrote before it was there to be leased.
        self._wake.clear()
        for outcome in outcomes:
            self._held.pop(outcome.delivery.id, None)
        # A lease that ran out while we still hold the delivery is ours again; it is being sent already.
        fresh = [delivery for delivery in leased if delivery.id not in self._held]
        self._held.update((delivery.id, delivery) for delivery in fresh)
        return fresh

    async def _prepare(self, leased: list[Delivery]) -> None:
        if not leased:
            return
        gathered: Gathered | None = None
        try:
            gathered = await self._wording.gather(leased)
        except Exception as error:
            # One row that cannot be read must not cost the others: each for itself, then.
            self._log.error("callbacks not gathered", exc_info=error)
        for delivery in leased:
            try:
                worded = self._wording.word(delivery, gathered or await self._wording.gather([delivery]))
            except Untellable as error:
                self._finish(delivery, DeliveryState.DEAD, error=f"untellable: {error}")
                continue
            except Exception as error:
                # A dialect's fault costs this one callback, and is told.
                self._log.error("callback not worded", delivery=delivery.id, exc_info=error)
                self._finish(delivery, DeliveryState.DEAD, error=f"untellable: {type(error).__name__}")
                continue
            if worded.request is None:
                self._finish(delivery, DeliveryState.DELIVERED)
                continue
            host = _host(worded.request.url)
            job = Job(delivery, worded, worded.request, host)
            handed = self._gate.offer(host, job, self._clock.mono_s())
            if handed is not None:
                self._hand_back(delivery, handed.after_s)

    def _send_what_may(self) -> None:
        now_mono_s = self._clock.mono_s()
        while self._open and (taken := self._gate.take(now_mono_s)) is not None:
            host, job = taken
            task = asyncio.create_task(self._send(host, job, now_mono_s))
            self._sends.add(task)
            task.add_done_callback(self._sends.discard)

    # --- one delivery -----------------------------------------------------------------------------------

    async def _send(self, host: str, job: Job, began_mono_s: float) -> None:
        """Send a job, and then the next one whose turn it is: a task is worth more than one callback."""
        while True:
            failed = True
            try:
                failed = await self._attempt(job)
            except Exception as error:
                # As in `_prepare`: a dialect that cannot read an answer.
                self._log.error("callback failed", delivery=job.delivery.id, exc_info=error)
                self._finish(job.delivery, DeliveryState.DEAD, error=f"untellable: {type(error).__name__}")
            finally:
                now_mono_s = self._clock.mono_s()
                self._gate.finished(host, began_mono_s, now_mono_s, failed=failed)
            self._wake.set()
            taken = self._gate.take(now_mono_s) if self._open else None
            if taken is None:
                return
            (host, job), began_mono_s = taken, now_mono_s

    async def _attempt(self, job: Job) -> bool:
        """One attempt, with its fallback where it is the last. Returns whether the host is at fault."""
        delivery, worded = job.delivery, job.worded
        subscription = worded.context.subscription
        answer = await self._exchange(worded, job.request)
        if not isinstance(answer, FailedAttempt):
            await self._delivered(worded, answer)
            return False
        delay_ms = (
            exponential_delay_ms(delivery.attempts, answer, self._entropy.random())
            if is_exponential(subscription, self._settings.retry)
            else vendor_delay_ms(worded.writer.retry_policy(subscription), delivery.attempts, answer)
        )
        if delay_ms is not None:
            self._counts["retried"] += 1
            now_ms = self._clock.now_ms()
            again = _due(delivery, now_ms + delay_ms, now_ms)
            self._outcomes.append(Outcome(again._replace(status=answer.status, error=answer.text)))
            self._tell(job.host, "callback not delivered, to be tried again", delivery, answer)
            return answer.kind != "status"
        if subscription.fallback is not None:
            request = worded.writer.write(worded.context, fallback=True)
            second = answer if request is None else await self._exchange(worded, request)
            if not isinstance(second, FailedAttempt):
                self._tell(job.host, "callback delivered to its fallback", delivery, answer)
                await self._delivered(worded, second, answer)
                return answer.kind != "status"
            self._tell(_host(subscription.fallback.url), "callback's fallback failed", delivery, second)
        self._finish(delivery, DeliveryState.DEAD, answer.status, answer.text)
        self._tell(job.host, "callback given up", delivery, answer)
        return answer.kind != "status"

    async def _exchange(self, worded: Worded, request: DocumentRequest) -> FetchResponse | FailedAttempt:
        """The answer if it is a good one: any 2xx."""
        self._counts["attempts"] += 1
        try:
            response = await self._sender.fetch(self._wording.fetch_request(worded, request))
        except FetchFailed as error:
            if error.kind == "too-large" and error.status is not None and 200 <= error.status < 300:
                # It was taken, and answers of such length are not programs.
                return FetchResponse(request.url, error.status, "", b"")
            return FailedAttempt(error.kind, str(error), error.status)
        if 200 <= response.status < 300:
            return response
        return FailedAttempt("status", f"the server answered {response.status}", response.status)

    async def _delivered(
        self, worded: Worded, response: FetchResponse, first: FailedAttempt | None = None
    ) -> None:
        """Do what a good answer asks for, then call it delivered: in this order, so that a crash repeats it."""
        context = worded.context
        events: tuple[Event, ...] = ()
        try:
            program = worded.writer.program(context, response.url, response.content_type, response.body)
        except DocumentError as error:
            events = (self._not_a_program(context, error),)
        else:
            if program is not None:
                await self._run_program(context, program)
        why = None if first is None else f"delivered to the fallback; {first.text}"
        self._finish(context.delivery, DeliveryState.DELIVERED, response.status, why, events)

    async def _run_program(self, context: CallbackContext, program: Document) -> None:
        conference = context.conference
        if conference is None or self._rooms is None:
            return
        try:
            await self._rooms.run(conference.id, program, context.subscription.dialect)
        except Refusal as refusal:
            self._log.info("a callback's answer was not run", conference=conference.id, why=str(refusal))

    def _not_a_program(self, context: CallbackContext, error: DocumentError) -> Event:
        data = {"code": error.code, "message": error.message, "url": context.subscription.target.url}
        return context.entry.event._replace(
            kind=EventKind.DOCUMENT_FAILED, occurred_at_ms=self._clock.now_ms(), call_id=None, data=data
        )

    # --- outcomes ---------------------------------------------------------------------------------------

    def _finish(
        self,
        delivery: Delivery,
        state: DeliveryState,
        status: int | None = None,
        error: str | None = None,
        events: tuple[Event, ...] = (),
    ) -> None:
        self._counts[state.value] += 1
        done = delivery._replace(
            state=state,
            leased_until_ms=None,
            updated_at_ms=self._clock.now_ms(),
            status=status,
            error=error,
        )
        self._outcomes.append(Outcome(done, events))

    def _hand_back(self, delivery: Delivery, after_s: float) -> None:
        """It was never sent, so the lease was no attempt."""
        self._counts["handed_back"] += 1
        now_ms = self._clock.now_ms()
        back = _due(delivery, now_ms + int(after_s * 1000), now_ms)
        self._outcomes.append(Outcome(back._replace(attempts=max(0, delivery.attempts - 1))))

    def _tell(self, host: str, what: str, delivery: Delivery, failure: FailedAttempt) -> None:
        now_mono_s = self._clock.mono_s()
        key = f"{what} {host}"
        if now_mono_s < self._logged.get(key, float("-inf")) + LOG_PAUSE_S:
            return
        if len(self._logged) >= LOGGED_HOSTS_MAX:
            self._logged.clear()
        self._logged[key] = now_mono_s
        self._log.warning(what, host=host, kind=failure.kind, why=failure.message, delivery=delivery.id)

    # --- for the metrics page ---------------------------------------------------------------------------

    def statistics(self) -> Mapping[str, float]:
        """Counters since the start, and what is under way."""
        due_ms = self._oldest_due_ms
        late_ms = 0 if due_ms is None else max(0, self._clock.now_ms() - due_ms)
        return {
            **self._counts,
            "sending": self._gate.running,
            "waiting": self._gate.waiting,
            "oldest_due_age_seconds": late_ms / 1000,
        }


def _due(delivery: Delivery, due_at_ms: int, now_ms: int) -> Delivery:
    return delivery._replace(
        state=DeliveryState.DUE, due_at_ms=due_at_ms, leased_until_ms=None, updated_at_ms=now_ms
    )


@lru_cache(maxsize=1024)
def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return "(not a URL)"
