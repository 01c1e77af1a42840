"""Whatever stands in a line, it is a record or a refusal, and nothing else happens."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hubbub.entropy import SystemEntropy
from hubbub.importing.apply import Apply
from hubbub.importing.records import LineRefused, read_record
from hubbub.importing.values import read_call_id, read_conference_id, read_time
from hubbub.storage.memory import MemoryStore

SOMETHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SID = st.sampled_from(["AC" + "a" * 32, "CF" + "1" * 32, "CA" + "2" * 32, "conf-x", "AC", "", "ID-CA"])
MEMBERS = st.sampled_from(
    [
        *("sid", "id", "account_sid", "conference_id", "call_id", "name", "state", "status", "direction"),
        *("from", "to", "created_at", "updated_at", "joined_at", "left_at", "completed_at", "permissions"),
        *("bandwidth", "muted", "label", "coached", "auth_token", "event_method", "reason_ended"),
    ]
)
TIMES = st.integers(-(2**70), 2**70) | st.datetimes().map(str) | st.text(max_size=30)
VALUES = SOMETHING | SID | TIMES | st.sampled_from(["init", "completed", "inbound", "GET", "in-progress"])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_a_refusal(line: bytes) -> None:
    message = ""
    try:
        record = read_record(line)
    except LineRefused as refusal:
        record, message = None, str(refusal)
    assert (record is None) == bool(message)


@given(
    st.sampled_from(["account", "role", "conference", "call", "participant"]),
    st.dictionaries(MEMBERS, VALUES, max_size=16),
)
async def test_any_members_are_applied_or_refused(kind: str, members: dict[str, Any]) -> None:
    store = MemoryStore()
    message = ""
    async with store.transaction() as tx:
        apply = Apply(tx, 0, SystemEntropy())
        await apply(read_record(b'{"type": "account", "sid": "AC' + b"a" * 32 + b'"}'))
        before = apply.applied.changed
        try:
            await apply(read_record(json.dumps({"type": kind, **members}).encode()))
        except LineRefused as refusal:
            message = str(refusal)
        assert apply.applied.changed + apply.applied.unchanged == before + (not message)


@given(st.text(max_size=80))
def test_any_text_is_an_id_or_a_value_error(text: str) -> None:
    for reader in (read_call_id, read_conference_id):
        try:
            key = reader(text)
        except ValueError:
            continue
        assert len(key.id) == 32


@given(TIMES)
def test_any_time_is_milliseconds_or_a_value_error(value: str | int) -> None:
    try:
        at_ms = read_time(value)
    except ValueError:
        return
    assert 0 <= at_ms < 1 << 46
