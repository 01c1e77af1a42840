"""Recordings come back as they were put, and their lists answer every filter."""

import random
from collections.abc import Callable

import pytest

from hubbub.domain.ids import CallId, ConferenceId, RecordingId
from hubbub.domain.paging import Cursor, PageRequest
from hubbub.domain.queries import RecordingQuery
from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource, RecordingState
from hubbub.services.ports import Store
from hubbub.storage.repositories import keyset
from storage.cast import ACME, GLOBEX, T0, recording

ROOM, OTHER = ConferenceId("c0" * 16), ConferenceId("c1" * 16)
LEG = CallId(f"{0xC1:032x}")
ALL = RecordingQuery(frozenset({ACME}))
KEPT = frozenset(RecordingState) - {RecordingState.DELETED}

QUERIES: list[tuple[RecordingQuery, Callable[[Recording], bool]]] = [
    (ALL, lambda r: True),
    (ALL._replace(account_ids=frozenset({ACME, GLOBEX})), lambda r: True),
    (ALL._replace(account_ids=frozenset()), lambda r: False),
    (ALL._replace(conference_id=ROOM), lambda r: r.conference_id == ROOM),
    (ALL._replace(call_id=LEG), lambda r: r.call_id == LEG),
    (ALL._replace(call_id=LEG, conference_id=ROOM), lambda r: (r.call_id, r.conference_id) == (LEG, ROOM)),
    (ALL._replace(call_id=LEG, of_conferences=False), lambda r: r.call_id == LEG and r.conference_id is None),
    (ALL._replace(conference_id=ROOM, of_conferences=False), lambda r: False),
    (ALL._replace(of_conferences=True), lambda r: r.conference_id is not None),
    (ALL._replace(of_conferences=False), lambda r: r.conference_id is None),
    (ALL._replace(states=KEPT), lambda r: r.state is not RecordingState.DELETED),
    (ALL._replace(states=frozenset()), lambda r: False),
    (
        ALL._replace(states=frozenset({RecordingState.PAUSED}), of_conferences=True),
        lambda r: r.state is RecordingState.PAUSED and r.conference_id is not None,
    ),
    (
        ALL._replace(created_from_ms=T0 + 3, created_until_ms=T0 + 9),
        lambda r: T0 + 3 <= r.created_at_ms <= T0 + 9,
    ),
]


def recordings() -> list[Recording]:
    dice = random.Random(4)
    return [
        recording(
            number,
            account_id=GLOBEX if number % 5 == 4 else ACME,
            conference_id=dice.choice((ROOM, OTHER, None)),
            state=dice.choice(list(RecordingState)),
            created_at_ms=T0 + number // 3,
            node="n1" if number % 2 else "n2",
        )
        for number in range(40)
    ]


@pytest.fixture
async def store(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(keyset, "PIECE_ROWS_MIN", 2)
    async with store.transaction() as tx:
        for each in recordings():
            await tx.put_recording(each)
    return store


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("number", range(len(QUERIES)))
async def test_every_filter(store: Store, number: int, descending: bool) -> None:
    query, wanted = QUERIES[number]
    whole = [r for r in recordings() if r.account_id in query.account_ids and wanted(r)]
    whole.sort(key=lambda r: (r.created_at_ms, r.id), reverse=descending)
    page = await store.read.recordings(query, PageRequest(50, descending=descending, total_limit=100))
    assert page == (whole, False, False, len(whole))
    skipped = await store.read.recordings(query, PageRequest(3, offset=2, descending=descending))
    assert skipped.items == whole[2:5]
    for index, each in enumerate(whole):
        cursor = Cursor(each.created_at_ms, each.id)
        after = await store.read.recordings(query, PageRequest(3, after=cursor, descending=descending))
        assert after == (whole[index + 1 : index + 4], index + 4 < len(whole), True, None)
        before = await store.read.recordings(query, PageRequest(3, before=cursor, descending=descending))
        assert before == (whole[max(0, index - 3) : index], True, index > 3, None)


async def test_a_recording_comes_back_as_it_was_put(store: Store) -> None:
    whole = Recording(
        id=RecordingId("e" * 32),
        account_id=ACME,
        conference_id=ROOM,
        call_id=LEG,
        state=RecordingState.ABSENT,
        source=RecordingSource.START_VERB,
        layout=Layout.TRACKS,
        format=AudioFormat.OPUS,
        track="inbound",
        created_at_ms=T0,
        updated_at_ms=T0 + 1,
        started_at_ms=T0 + 2,
        ended_at_ms=T0 + 3,
        duration_ms=1234,
        trim_silence=True,
        skips_pauses=True,
        name="näme",
        tag="tag",
        why="too-short",
        size_bytes=1 << 40,
        deleted_at_ms=T0 + 4,
        node="n9",
    )
    async with store.transaction() as tx:
        await tx.put_recording(recording(100, id=whole.id))
        await tx.put_recording(whole)
        assert await tx.recording(whole.id) == whole
    assert await store.read.recording(whole.id) == whole


async def test_a_deleted_row_is_gone(store: Store) -> None:
    first = recordings()[0]
    async with store.transaction() as tx:
        await tx.delete_recording(first.id)
        await tx.delete_recording(RecordingId("0" * 32))
    assert await store.read.recording(first.id) is None


async def test_a_restarted_node_finds_what_it_left_unfinished(store: Store) -> None:
    unfinished = (RecordingState.IN_PROGRESS, RecordingState.PAUSED, RecordingState.PROCESSING)
    mine = [r for r in recordings() if r.node == "n1" and r.state in unfinished]
    async with store.transaction() as tx:
        assert await tx.open_recordings("n1") == sorted(mine, key=lambda r: (r.created_at_ms, r.id)) != []
        assert await tx.open_recordings("n3") == []
