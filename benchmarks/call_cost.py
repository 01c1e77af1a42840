"""What one call costs: SIP from INVITE to BYE, the room, the log and SQLite; CPU of the server a call.

`python benchmarks/call_cost.py [--calls 2000] [--rates 100,250]` starts the server, calls it with sipp at a steady
rate, and reads the server's CPU from /proc. The baseline of the same run is the SIP core alone: two user agents in one
process, in memory, halved because both ends are counted.

A processor that sleeps between calls is slow when it wakes, and a virtual one more so: the same work then costs half as
much again. The baseline never sleeps. So each rate is measured twice, as it comes and with a process of idle priority on
every core, which takes nothing from the server but keeps the cores awake. Results go to benchmarks/results/call_cost.md.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from interop.conftest import start
from interop.peers import output, sipp

RESULTS = Path(__file__).parent / "results"
HERTZ = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """User and system seconds of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def threads(pid: int) -> dict[str, float]:
    """The same by thread."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        text = (task / "stat").read_text()
        fields = text.rsplit(")", 1)[1].split()
        found[task.name] = (int(fields[11]) + int(fields[12])) / HERTZ
    return found


AWAKE = "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"


@contextlib.contextmanager
def cores_awake(wanted: bool) -> Iterator[None]:
    """A process of idle priority for every core."""
    started = [
        subprocess.Popen([sys.executable, "-c", AWAKE]) for _ in range((os.cpu_count() or 1) if wanted else 0)
    ]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


class Cost(NamedTuple):
    """In milliseconds a call."""

    rate: int
    awake: bool
    main_thread: float
    whole: float
    core: float


def measure(calls: int, rate: int, awake: bool) -> Cost:
    with tempfile.TemporaryDirectory() as folder, cores_awake(awake):
        server = start(Path(folder) / "data", "--media-silence-s", "0", "--participants-max", "1000")
        try:
            pid = server.process.pid
            place = Path(folder)
            warm = sipp(place, server.sip_host, server.sip_port, "warm", calls=100, rate=50, stay_ms=300)
            assert warm.wait() == 0
            time.sleep(2)
            idle_before, idle_at = cpu_s(pid), time.monotonic()
            time.sleep(5)
            idle = (cpu_s(pid) - idle_before) / (time.monotonic() - idle_at)
            before, by_thread, began = cpu_s(pid), threads(pid), time.monotonic()
            load = sipp(place, server.sip_host, server.sip_port, "busy", calls=calls, rate=rate, stay_ms=500)
            assert load.wait() == 0, output(place)
            took = time.monotonic() - began
            used = cpu_s(pid) - before
            main_thread = threads(pid)[str(pid)] - by_thread[str(pid)]
        finally:
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(timeout=20)
        core = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("sip_core.py")), "--bare"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return Cost(rate, awake, main_thread / calls * 1000, (used - idle * took) / calls * 1000, float(core))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rates", default="100,250")
    words = parser.parse_args()
    rates = [int(rate) for rate in words.rates.split(",")]
    costs = [measure(words.calls, rate, awake) for rate in rates for awake in (False, True)]
    lines = [
        "# Cost of a call",
        "",
        f"`python benchmarks/call_cost.py --calls {words.calls} --rates {words.rates}`; {os.cpu_count()} CPUs.",
        "sipp calls, joins one room (no RTP sent), stays 0.5 s, hangs up. CPU is user and system of the server process, in ms a",
        "call; idle cost is taken off the whole. *Awake*: a process of idle priority keeps every core from sleeping between calls.",
        "",
        "| calls a second | cores | main thread: sockets, SIP, room, log, SQLite | with the media thread "
        "| SIP core alone (baseline, in memory) | main thread : SIP core |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {cost.rate} | {'awake' if cost.awake else 'as they come'} | {cost.main_thread:.2f} | {cost.whole:.2f} "
        f"| {cost.core:.2f} | {cost.main_thread / cost.core:.1f} |"
        for cost in costs
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "call_cost.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
