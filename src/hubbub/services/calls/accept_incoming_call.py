"""An INVITE that passed the gate becomes a leg: whose it is, and where the dialled address leads."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from hubbub.domain.account import Account, AccountStatus
from hubbub.domain.application import Application, normalise_address
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import NotFound
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId
from hubbub.services.deliveries.subscribe import subscribe
from hubbub.services.ports import Clock, Entropy, IncomingCall, Reader, Store


class AcceptedCall(NamedTuple):
    leg: CallLeg
    account: Account
    application: Application | None
    """None: the dialled address is the name of a room."""


class AcceptIncomingCall:
    """Finds the account and the application, and writes the leg with its first event."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        *,
        node: str,
        default_account_id: AccountId,
        wishes: Callable[[Application], Sequence[SubscriptionWish]],
    ) -> None:
        """
        Args:
            wishes: what an application wants to hear of its calls.
        """
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wishes = wishes
        self._node = node
        self._default_account_id = default_account_id

    async def __call__(self, call: IncomingCall) -> AcceptedCall:
        """The leg, stored as ringing.

        Raises:
            NotFound: the caller's account may not reach the address, or the account is not active.
        """
        async with self._store.transaction() as tx:
            account, application = await self._destination(tx, call)
            now_ms = self._clock.now_ms()
            leg = CallLeg(
                id=call.call_id,
                account_id=account.id,
                parent_id=None,
                application_id=application.id if application else None,
                conference_id=None,
                from_address=normalise_address(call.from_address),
                to_address=normalise_address(call.to_address),
                direction=Direction.INBOUND,
                status=CallStatus.RINGING,
                created_at_ms=now_ms,
                updated_at_ms=now_ms,
                sip_call_id=call.sip_call_id,
                node=self._node,
                caller_name=call.caller_name or None,
                forwarded_from=normalise_address(call.forwarded_from) if call.forwarded_from else None,
            )
            await tx.put_call(leg)
            if application is not None:
                await subscribe(
                    tx,
                    self._entropy,
                    account.id,
                    leg.id,
                    application.dialect,
                    self._wishes(application),
                    now_ms,
                )
            await tx.append(
                [
                    Event(
                        EventKind.CALL_RECEIVED,
                        now_ms,
                        account.id,
                        None,
                        leg.id,
                        {
                            "from": leg.from_address,
                            "to": leg.to_address,
                            "direction": str(leg.direction),
                        },
                    )
                ]
            )
        return AcceptedCall(leg, account, application)

    async def _destination(self, reader: Reader, call: IncomingCall) -> tuple[Account, Application | None]:
        number = await reader.number(normalise_address(call.to_address))
        if number is not None and call.account_id not in (None, number.account_id):
            # A trunk of one account must not reach the numbers of another by dialling them.
            number = None
        owner = call.account_id or self._default_account_id
        account_id = number.account_id if number is not None else owner
        account = await reader.account(account_id)
        if account is None or account.status is not AccountStatus.ACTIVE:
            raise NotFound("number", call.to_address)
        if number is None or number.application_id is None:
            return account, None
        return account, await reader.application(number.application_id)
