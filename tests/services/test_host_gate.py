"""Who may send now: hosts take turns, and one that is slow gets its jobs back."""

from hubbub.services.deliveries.host_gate import FAILING_ROUNDS, FAILING_TURNS, HostGate


def taken(gate: HostGate[str], now_s: float = 0.0) -> list[str]:
    found = []
    while (job := gate.take(now_s)) is not None:
        found.append(job[1])
    return found


def test_hosts_take_turns() -> None:
    gate: HostGate[str] = HostGate(10, 2)
    for job in ("a1", "a2", "a3", "b1", "b2"):
        assert gate.offer(job[0], job, 0.0) is None
    assert taken(gate) == ["a1", "b1", "a2", "b2"]
    assert (gate.running, gate.waiting) == (4, 1)
    gate.finished("a", 0.0, 0.1, failed=False)
    assert taken(gate) == ["a3"]


def test_no_more_run_than_may() -> None:
    gate: HostGate[str] = HostGate(3, 2)
    for host in "abc":
        for number in range(2):
            gate.offer(host, f"{host}{number}", 0.0)
    assert len(taken(gate)) == 3
    gate.finished("a", 0.0, 0.1, failed=False)
    assert len(taken(gate)) == 1


def test_what_a_slow_host_cannot_take_soon_is_handed_back_at_once() -> None:
    gate: HostGate[str] = HostGate(10, 1)
    gate.offer("slow", "first", 0.0)
    taken(gate)
    handed = gate.offer("slow", "second", 8.0)
    assert handed is not None
    assert handed.job == "second"
    assert 1.0 < handed.after_s <= 10.0
    assert gate.offer("quick", "other", 8.0) is None


def test_what_has_waited_too_long_is_handed_back_the_later_ones_for_longer() -> None:
    gate: HostGate[str] = HostGate(10, 1)
    for number in range(4):
        assert gate.offer("slow", str(number), 0.0) is None
    assert taken(gate) == ["0"]
    assert gate.expired(0.5) == []
    handed = gate.expired(2.0)
    assert [each.job for each in handed] == ["1", "2", "3"]
    assert handed[0].after_s < handed[1].after_s < handed[2].after_s
    assert gate.waiting == 0


def test_a_host_that_only_fails_has_fewer_turns_until_something_succeeds() -> None:
    gate: HostGate[str] = HostGate(100, 4)
    for number in range(4 * FAILING_ROUNDS):
        gate.offer("a", str(number), 0.0)
        taken(gate)
        gate.finished("a", 0.0, 0.0, failed=True)
    for number in range(4):
        gate.offer("a", f"x{number}", 0.0)
    assert len(taken(gate)) == FAILING_TURNS
    gate.finished("a", 0.0, 0.0, failed=False)
    assert len(taken(gate)) == 2, "its own turn, and those it had lost"


def test_what_waits_can_be_taken_out() -> None:
    gate: HostGate[str] = HostGate(1, 1)
    for number in range(3):
        gate.offer("a", str(number), 0.0)
    taken(gate)
    assert gate.withdraw() == ["1", "2"]
    gate.finished("a", 0.0, 0.1, failed=False)
    assert taken(gate) == []
