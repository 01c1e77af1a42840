"""A call is made: its leg is written, it waits for its turn, it goes out, and somebody serves it when it is answered.

Owns what is particular to a leg of ours from the wish to the answer. Its end is everybody's (`end_call`), where it
goes is `destinations`', its turn `call_queue`'s.
"""

from typing import Final, Protocol

from hubbub.domain.account import AccountStatus
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.errors import InvalidValue, Refusal, ServerDraining
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, ApplicationId, CallId
from hubbub.markup.effects import Ask, Given
from hubbub.markup.instructions import Document
from hubbub.services.calls.call_progress import Watch
from hubbub.services.calls.call_queue import CallQueue
from hubbub.services.calls.control_calls import ControlCalls
from hubbub.services.calls.destinations import Destination, Destinations, Unreachable, from_address
from hubbub.services.calls.live_calls import AnsweredInput, EndedInput, LiveCall, LiveCalls, RedirectInput
from hubbub.services.commands import CallWish, PlacedCall, RecordWish, Serve, Within
from hubbub.services.deliveries.subscribe import subscribe
from hubbub.services.documents.document_runners import DocumentRunners
from hubbub.services.documents.perform_effects import DIGIT_MS, DIGIT_WAITS_MS
from hubbub.services.ports import Clock, Entropy, Log, OutboundCall, Signalling, Store

CAUSES: Final = {480: HangupCause.NO_ANSWER}
"""Why a call ended that was not even sent, by the status that SIP would give it; else signalling failed."""


class StartRecording(Protocol):
    async def __call__(self, call_id: CallId, wish: RecordWish) -> object: ...


class PlaceCall:
    """Implements `commands.PlaceCalls`.

    Args:
        record: starts the recording that a wish asks for; None: this server records nothing.
        node: this server's name.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        *,
        calls: LiveCalls,
        signalling: Signalling,
        control: ControlCalls,
        destinations: Destinations,
        queue: CallQueue,
        runners: DocumentRunners,
        record: StartRecording | None,
        node: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._log = log
        self._calls = calls
        self._signalling = signalling
        self._control = control
        self._destinations = destinations
        self._queue = queue
        self._runners = runners
        self._record = record
        self._node = node

    async def __call__(
        self,
        wish: CallWish,
        *,
        within: Within | None = None,
        watch: Watch | None = None,
        serve: Serve | None = None,
    ) -> PlacedCall:
        """Queue a call, and answer at once.

        Args:
            within: called in the transaction that writes the new leg, after it; what it raises undoes both.
            watch: told how far the call has come.
            serve: serves the leg once it is answered, instead of `wish.begin`.

        Raises:
            InvalidValue: an address that cannot be called, or a wish that cannot be.
            ServerFull: the account's queue is full.
            ServerDraining: the server is stopping.
        """
        if self._control.is_draining:
            raise ServerDraining("the server is stopping")
        if wish.account.status is not AccountStatus.ACTIVE:
            raise InvalidValue("account", f"the account is {wish.account.status}")
        destination = await self._destinations.check(wish)
        live = LiveCall(CallId(self._entropy.id()), wish.account.id)
        live.watch = watch
        live.callback_timeout_s = wish.callback_timeout_s
        wait_ms = self._enqueue(live, wish, destination, serve)
        try:
            leg = await self._write(live, wish, destination, within)
        except BaseException:
            self._queue.remove(wish.account.id, live.call_id)
            self._calls.remove(live)
            live.ended = True
            live.stored.set()
            raise
        # Whoever asked goes on before anything else happens to the leg: there is no await from here to there.
        live.stored.set()
        return PlacedCall(leg, wait_ms)

    def queue_size(self, account_id: AccountId) -> tuple[int, int]:
        """How many calls of an account wait for their turn, and how many may; (0, 0) without a limit."""
        return self._queue.size(account_id)

    def _enqueue(self, live: LiveCall, wish: CallWish, destination: Destination, serve: Serve | None) -> int:
        account_id, call_id = wish.account.id, live.call_id

        def leave() -> None:
            self._control.serve(live, self._run(live, wish, destination, serve))

        self._calls.add(live)
        live.withdraw = lambda: self._queue.remove(account_id, call_id)
        try:
            if not wish.at_once:
                return self._queue.add(account_id, call_id, wish.priority, leave)
        except BaseException:
            self._calls.remove(live)
            raise
        leave()
        return 0

    async def _write(
        self, live: LiveCall, wish: CallWish, destination: Destination, within: Within | None
    ) -> CallLeg:
        async with self._store.transaction() as tx:
            now_ms = self._clock.now_ms()
            leg = CallLeg(
                id=live.call_id,
                account_id=wish.account.id,
                parent_id=wish.parent_id,
                application_id=ApplicationId(wish.application_id) if wish.application_id else None,
                conference_id=None,
                from_address=from_address(wish.from_),
                to_address=destination.to_address,
                direction=Direction.OUTBOUND_DIAL if wish.parent_id else Direction.OUTBOUND_API,
                status=CallStatus.QUEUED,
                created_at_ms=now_ms,
                updated_at_ms=now_ms,
                tag=wish.tag,
                node=self._node,
            )
            await tx.put_call(leg)
            await subscribe(tx, self._entropy, wish.account.id, leg.id, wish.dialect, wish.callbacks, now_ms)
            await tx.append([_event(EventKind.CALL_QUEUED, leg, now_ms)])
            if within is not None:
                await within(tx, leg)
        return leg

    # --- its turn ---------------------------------------------------------------------------------------

    async def _run(
        self, live: LiveCall, wish: CallWish, destination: Destination, serve: Serve | None
    ) -> None:
        """The leg's own task, from its turn to its end."""
        await live.stored.wait()
        if _is_over(live):
            return
        call = OutboundCall(
            call_id=live.call_id,
            to_uri="",
            from_uri="",
            display_name=wish.display_name,
            timeout_s=wish.timeout_s,
            username=wish.username,
            password=wish.password,
            headers=wish.headers,
        )
        try:
            call = await self._destinations.route(wish, destination, call)
        except Unreachable as unreachable:
            self._log.info("call leads nowhere", call=live.call_id, to=wish.to, why=str(unreachable))
            live.withdraw = None
            self._control.ended(
                live.call_id,
                CAUSES.get(unreachable.status, HangupCause.SIGNALLING_FAILED),
                unreachable.status,
            )
            return
        await self._note_placed(live)
        if _is_over(live):
            return
        # From here on signalling knows the call: there is no await in between.
        live.withdraw = None
        self._signalling.place(call)
        await self._serve(live, wish, serve)

    async def _note_placed(self, live: LiveCall) -> None:
        async with self._store.transaction() as tx:
            leg = await live.row(tx)
            if leg is not None and not leg.status.is_final:
                now_ms = self._clock.now_ms()
                placed = leg._replace(placed_at_ms=now_ms, updated_at_ms=now_ms)
                await live.put_row(tx, placed, [_event(EventKind.CALL_PLACED, leg, now_ms)])

    # --- answered ---------------------------------------------------------------------------------------

    async def _serve(self, live: LiveCall, wish: CallWish, serve: Serve | None) -> None:
        begin: Ask | Given | Document | None = wish.begin
        fallback = wish.fallback
        while True:
            event = await live.inbox.get()
            if isinstance(event, EndedInput):
                return
            if isinstance(event, RedirectInput):
                begin, fallback, serve = event.begin, event.fallback, None
            elif isinstance(event, AnsweredInput):
                break
        if wish.time_limit_s is not None:
            live.limit(
                self._clock, wish.time_limit_s, lambda: self._control.hang_up(live, HangupCause.COMPLETED)
            )
        if wish.record is not None and self._record is not None:
            await self._start_recording(live, wish.record, self._record)
        await self._send_digits(live, wish.send_digits)
        if serve is not None:
            await serve(live)
        elif begin is not None:
            await self._run_document(live, wish, begin, fallback)
            return
        await self._idle(live, wish)

    async def _run_document(
        self, live: LiveCall, wish: CallWish, begin: Ask | Given | Document, fallback: WebTarget | None
    ) -> None:
        if live.ended:
            return
        runner = self._runners.make(
            live, wish.account, wish.dialect, fallback=fallback, fetch_timeout_s=wish.callback_timeout_s
        )
        await runner.run(begin, answered=True)

    async def _idle(self, live: LiveCall, wish: CallWish) -> None:
        """Nothing runs for the leg: another leg has it in its mixer. It may still be given a document."""
        while not live.ended:
            event = await live.inbox.get()
            if isinstance(event, EndedInput):
                return
            if isinstance(event, RedirectInput):
                await self._run_document(live, wish, event.begin, event.fallback)
                return

    async def _start_recording(self, live: LiveCall, wish: RecordWish, record: StartRecording) -> None:
        try:
            await record(live.call_id, wish)
        except Refusal as refusal:
            if not live.ended:
                self._log.warning("call is not recorded", call=live.call_id, why=str(refusal))

    async def _send_digits(self, live: LiveCall, digits: str) -> None:
        """Send digits with their pauses; what happens to the leg meanwhile waits in its inbox."""
        for digit in digits:
            if live.ended or live.port_id is None:
                return
            if digit not in DIGIT_WAITS_MS:
                self._runners.services.media.send_digits(live.port_id, digit)
            await self._clock.sleep(DIGIT_WAITS_MS.get(digit, DIGIT_MS) / 1000)


def _is_over(live: LiveCall) -> bool:
    """Asked anew after every wait."""
    return live.ended


def _event(kind: EventKind, leg: CallLeg, now_ms: int) -> Event:
    data = {"from": leg.from_address, "to": leg.to_address, "direction": str(leg.direction)}
    return Event(kind, now_ms, leg.account_id, None, leg.id, data)
