"""After a crash: close what the dead server left open, with an honest reason, before anyone is served.

Callbacks that it was sending are due again at once: only this node could still have been at them, so nobody waits for
the ends of their leases. Each counts as an attempt, since nobody knows whether it arrived.
"""

from typing import NamedTuple

from hubbub.domain.call import HangupCause
from hubbub.domain.conference import EndReason
from hubbub.domain.room import finish
from hubbub.services.calls.end_call import ended
from hubbub.services.ports import Clock, Store
from hubbub.services.rooms.leave_conference import store_outcome


class Recovered(NamedTuple):
    """What a crash had left open."""

    rooms: int
    calls: int
    deliveries: int


async def recover_from_crash(store: Store, clock: Clock, node: str) -> Recovered:
    """Complete this node's live rooms and legs, and take back its leases: how many of each. Other nodes' are theirs.

    One transaction: either all of it is in the log or none, and then the next start does it.
    """
    async with store.transaction() as tx:
        now_ms = clock.now_ms()
        rooms = await tx.live_rooms(node)
        for room in rooms:
            await store_outcome(tx, finish(room, EndReason.SERVER_CRASHED, now_ms), changed=True)
        calls = await tx.live_calls(node)
        for leg in calls:
            final, event = ended(leg, HangupCause.SERVER_CRASHED, None, now_ms)
            await tx.put_call(final)
            await tx.append([event])
        deliveries = await tx.release_deliveries(node, now_ms)
    return Recovered(len(rooms), len(calls), deliveries)
