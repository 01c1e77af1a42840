"""What one call costs: SIP from INVITE to BYE, the room, the log and SQLite; CPU of the server a call.

`python benchmarks/call_cost.py [--calls 2000] [--rate 100]` starts the server, calls it with sipp at a steady rate,
and reads the server's CPU from /proc. The baseline of the same run is the SIP core alone: two user agents in one
process, in memory, halved because both ends are counted. Results go to benchmarks/results/call_cost.md.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=100)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
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
            load = sipp(
                place,
                server.sip_host,
                server.sip_port,
                "busy",
                calls=words.calls,
                rate=words.rate,
                stay_ms=500,
            )
            assert load.wait() == 0, output(place)
            took = time.monotonic() - began
            used = cpu_s(pid) - before
            main_thread = threads(pid)[str(pid)] - by_thread[str(pid)]
        finally:
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(timeout=20)
    whole = (used - idle * took) / words.calls * 1000
    control = main_thread / words.calls * 1000
    core = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("sip_core.py")), "--bare"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    lines = [
        "# Cost of a call",
        "",
        f"Command: `python benchmarks/call_cost.py --calls {words.calls} --rate {words.rate}`; {os.cpu_count()} CPUs.",
        "sipp calls, joins one room (no RTP sent), stays 0.5 s, hangs up. CPU is user and system of the server process.",
        "",
        "| | ms CPU a call |",
        "| --- | --- |",
        f"| SIP core alone (baseline, in memory) | {core} |",
        f"| whole call: sockets, SIP, room, log, SQLite; main thread | {control:.2f} |",
        f"| the same with the media thread, idle cost ({idle * 100:.1f} % of a core) taken off | {whole:.2f} |",
        f"| ratio of the main thread to the SIP core | {control / float(core):.1f} |",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "call_cost.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
