"""kill -9 amid a hundred calls: nothing is left open, no event is lost, none is told twice."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from interop.conftest import RunningServer, everybody, wait_until
from interop.peers import hang_up, sipp
from interop.test_real_phones import metric

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]


def log(data: Path) -> list[tuple[int, str, str | None, int | None]]:
    """(number, kind, conference, number in the conference) of every event, as a reader sees them."""
    connection = sqlite3.connect(data / "hubbub.sqlite3")
    try:
        rows: list[tuple[int, str, str | None, int | None]] = connection.execute(
            "SELECT number, kind, conference_id, conference_number FROM events ORDER BY number"
        ).fetchall()
        return rows
    finally:
        connection.close()


def test_after_kill_9_every_room_is_completed_with_a_reason_and_the_log_has_no_gap(
    start_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    server = start_server("--media-silence-s", "0")
    peers = [
        sipp(folder, server.sip_host, server.sip_port, f"room-{index}", calls=50, rate=25, stay_ms=30_000)
        for index in range(2)
        for folder in [tmp_path / f"sipp-{index}"]
        if folder.mkdir() is None
    ]
    wait_until(
        lambda: sum(len(everybody(server, f"room-{i}")) for i in range(2)) == 100, "a hundred are in", 30
    )
    before = log(server.data)
    reader_at = before[-1][0]
    server.process.kill()
    server.process.wait()
    for peer in peers:
        hang_up(peer)

    again = start_server("--media-silence-s", "0")
    who = again.credentials["twilio"]
    auth = (who["account_sid"], who["auth_token"])
    base = f"{again.http}/2010-04-01/Accounts/{who['account_sid']}/Conferences.json"
    assert httpx.get(base, params={"Status": "in-progress"}, auth=auth).json()["conferences"] == []
    completed = httpx.get(base, params={"Status": "completed"}, auth=auth).json()["conferences"]
    assert {row["friendly_name"] for row in completed} == {"room-0", "room-1"}
    assert all(row["reason_conference_ended"] for row in completed)

    after = log(again.data)
    assert [row[0] for row in after] == list(range(1, len(after) + 1))
    assert after[: len(before)] == before
    by_room: dict[str, list[int]] = {}
    for _, _, conference, number in after:
        if conference is not None and number is not None:
            by_room.setdefault(conference, []).append(number)
    assert len(by_room) == 2
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_room.values())
    news = [row for row in after if row[0] > reader_at]
    assert sum(kind == "conference-ended" for _, kind, _, _ in news) == 2
    assert sum(kind == "participant-left" for _, kind, _, _ in news) == 100
    assert sum(kind == "call-ended" for _, kind, _, _ in news) == 100
    assert metric(again, "hubbub_calls") == 0
