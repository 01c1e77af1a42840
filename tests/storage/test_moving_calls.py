"""A leg's row as it comes further: what changes, what stays, and that every list finds it."""

from hubbub.domain.call import CallStatus, HangupCause
from hubbub.domain.ids import ConferenceId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import CallQuery
from hubbub.services.ports import Store
from storage.cast import ACME, T0, call

ROOM = ConferenceId("c0" * 16)
ALL = CallQuery(frozenset({ACME}))


async def test_a_leg_that_comes_further_keeps_what_it_was_made_with(store: Store) -> None:
    made = call(1, status=CallStatus.RINGING, node="here")
    inside = made._replace(
        status=CallStatus.IN_PROGRESS, conference_id=ROOM, answered_at_ms=T0 + 1, updated_at_ms=T0 + 2
    )
    over = inside._replace(
        status=CallStatus.COMPLETED,
        ended_at_ms=T0 + 9,
        updated_at_ms=T0 + 9,
        hangup_cause=HangupCause.HANGUP,
        sip_status=200,
        tag="spoken",
        placed_at_ms=T0,
    )
    for before, leg in ((made, inside), (inside, over), (None, inside), (inside, over)):
        async with store.transaction() as tx:
            await tx.put_call(before or over)
            await tx.move_call(leg._replace(to_address="elsewhere", created_at_ms=T0 + 5), before)
        assert await store.read.call(made.id) == leg
        for query, is_found in (
            (ALL._replace(conference_id=ROOM), True),
            (ALL._replace(statuses=frozenset({leg.status})), True),
            (ALL._replace(statuses=frozenset(CallStatus) - {leg.status}), False),
            (ALL._replace(to=made.to_address), True),
            (ALL._replace(to="elsewhere"), False),
        ):
            assert (await store.read.calls(query, PageRequest(5))).items == ([leg] if is_found else [])
        async with store.transaction() as tx:
            assert await tx.live_calls("here") == ([] if leg.status.is_final else [leg])


async def test_a_leg_that_is_not_there_comes_no_further(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.move_call(call(1))
    assert (await store.read.calls(ALL, PageRequest(5))).items == []
