"""How many callers a core carries: G.711 rooms of ten, 50 packets a second each way, over loopback.

`python benchmarks/media_density.py [--participants 1000,3000] [--janus 300] [--seconds 8] [--repeats 1]`

Prints and writes, for Hubbub's media plane at each number of participants and for Debian's Janus AudioBridge under
the same load: µs of CPU (user and system, all threads of the server) per participant-second, the share of packets
late or lost, the delay the server adds, memory, and the ratio of the two. `--busy` keeps the server's own Python
thread 100 % busy meanwhile, as a bad API client would. Server on one core, load generator on another; both ask for
real-time scheduling. A run in which the generator itself was late is marked and proves nothing.
Results go to benchmarks/results/media_density.md and .json.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
WAVE = 10
"""Participants that join at once: their sources become known, and their sockets serve the next wave too."""
WARM_UP_S = 3.0
TARGET_US, TARGET_BAD, TARGET_MEDIAN_MS, TARGET_P99_MS = 260, 0.001, 9, 19


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--participants", default="1000,3000")
    parser.add_argument("--janus", type=int, default=300, help="participants for Janus; 0 leaves it out")
    parser.add_argument("--room", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--server", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.server:
        asyncio.run(serve(options.busy))
        return
    numbers = [int(n) for n in options.participants.split(",")]
    runs = []
    for _ in range(options.repeats):
        for number in numbers:
            runs.append(measure("hubbub", number, options))
            show(runs[-1])
        if options.janus:
            sys.path.insert(0, str(HERE))
            import media_janus

            if not media_janus.is_installed():
                print("janus is not installed (Debian: apt-get install janus); no comparison")
                continue
            for server in ("hubbub", "janus"):
                runs.append(measure(server, options.janus, options))
                show(runs[-1])
    write(runs, options)


def measure(server: str, number: int, options: argparse.Namespace) -> dict[str, Any]:
    """One server, one load, once."""
    cores = sorted(os.sched_getaffinity(0))
    server_cpu, load_cpu = (cores[0], cores[1]) if len(cores) > 1 else (cores[0], cores[0])
    load = Child([str(HERE / "media_load.py"), str(number), str(options.room), str(load_cpu)])
    ready = load.read()
    under_test: Any
    if server == "janus":
        import media_janus

        under_test = media_janus.Janus(server_cpu)
    else:
        under_test = Hubbub(server_cpu, options.busy)
    try:
        for start in range(0, number, WAVE):
            wave = range(start, min(number, start + WAVE))
            ports = (
                under_test.join_all(
                    [
                        (who // options.room, address(ready["first_address"] + who), ready["port"])
                        for who in wave
                    ]
                )
                if server == "hubbub"
                else [
                    under_test.join(
                        1 + who // options.room, address(ready["first_address"] + who), ready["port"]
                    )
                    for who in wave
                ]
            )
            load.ask(targets=list(zip(wave, ports, strict=True)))
            time.sleep(0.06)
        time.sleep(WARM_UP_S)
        cpu_before, began = cpu_seconds(under_test.pid), time.monotonic()
        result = load.ask(count_s=options.seconds)
        cpu, elapsed = cpu_seconds(under_test.pid) - cpu_before, time.monotonic() - began
        result |= {
            "server": server,
            "participants": number,
            "room": options.room,
            "busy_control_plane": options.busy and server == "hubbub",
            "us_per_participant_second": round(cpu / elapsed / number * 1e6, 1),
            "core_share": round(cpu / elapsed, 3),
            "memory_mib": round(memory_mib(under_test.pid)),
            "threads": len(os.listdir(f"/proc/{under_test.pid}/task")),
        }
        if server == "hubbub":
            result["statistics"] = under_test.process.ask(statistics=True)
        return result
    finally:
        under_test.stop()
        load.close()


class Child:
    """A process of ours that talks JSON lines."""

    def __init__(self, arguments: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args} ended")
        return json.loads(line)

    def ask(self, **request: Any) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Hubbub:
    """The media plane in a process of its own."""

    def __init__(self, cpu: int, busy: bool) -> None:
        os.environ["MEDIA_BENCH_CPU"] = str(cpu)
        self.process = Child([str(HERE / "media_density.py"), "--server", *(["--busy"] if busy else [])])
        self.pid = self.process.process.pid
        self.process.read()

    def join_all(self, legs: list[tuple[int, str, int]]) -> list[int]:
        ports: list[int] = self.process.ask(legs=legs)
        return ports

    def stop(self) -> None:
        self.process.close()


async def serve(busy: bool) -> None:
    """The server's process: opens, connects and joins what it is told on standard input."""
    from hubbub.media import MediaSettings, open_plane, warm_up
    from hubbub.services.ports import Mix, RemoteMedia

    cpu = int(os.environ["MEDIA_BENCH_CPU"])
    if not busy:
        os.sched_setaffinity(0, {cpu})
    warm_up(lambda line: print(line, file=sys.stderr))
    plane = open_plane(
        MediaSettings(
            rtp_port_first=10000,
            rtp_port_last=19999,
            ports_max=8192,
            mixers_max=1024,
            busy_share_max=2,
            cpu=cpu,
        ),
        StandardErrorLog(),
    )
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    rooms: dict[int, int] = {}
    worker = loop.create_task(keep_busy()) if busy else None
    print(json.dumps({"ready": True}), flush=True)
    while line := await reader.readline():
        command = json.loads(line)
        if "statistics" in command:
            print(json.dumps(plane.statistics()), flush=True)
            continue
        ports = []
        for room, host, port in command["legs"]:
            media = plane.open_port()
            if room not in rooms:
                rooms[room] = plane.create_mixer()
            plane.connect(media.port_id, RemoteMedia(host, port, "PCMU", 0, 101, 20, True, True))
            plane.join(media.port_id, rooms[room], Mix())
            ports.append(media.rtp_port)
        print(json.dumps(ports), flush=True)
    if worker is not None:
        worker.cancel()
    await plane.aclose()


async def keep_busy() -> None:
    """What an API under full load does to the interpreter: JSON and garbage, without a pause."""
    page = {
        "conferences": [{"sid": f"CF{i:032x}", "friendly_name": f"room {i}", "tags": [i]} for i in range(50)]
    }
    while True:
        for _ in range(20):
            json.loads(json.dumps(page))
        await asyncio.sleep(0)


class StandardErrorLog:
    """Implements `services.ports.Log`."""

    def debug(self, event: str, **values: Any) -> None: ...
    def info(self, event: str, **values: Any) -> None: ...
    def warning(self, event: str, **values: Any) -> None:
        print(event, values, file=sys.stderr)

    error = warning


def address(number: int) -> str:
    return ".".join(str(byte) for byte in number.to_bytes(4, "big"))


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def show(run: dict[str, Any]) -> None:
    print(row(run), flush=True)


def row(run: dict[str, Any]) -> str:
    doubt = " (generator late)" if run["generator_late"] > run["generator_sent"] / 1000 else ""
    busy = ", API 100 % busy" if run["busy_control_plane"] else ""
    cost = f"{run['us_per_participant_second']:.0f} | {run['core_share']:.2f}"
    if busy:  # the process' time is the API's then
        cost = "– | –"
    return (
        f"| {run['server']}{busy} | {run['participants']} | {cost} | {100 * run['bad_share']:.3f} %{doubt} "
        f"| {run['delay_ms_median']} / {run['delay_ms_p99']} | {run['memory_mib']} MiB | {run['threads']} |"
    )


def write(runs: list[dict[str, Any]], options: argparse.Namespace) -> None:
    lines = [
        "# Media density",
        "",
        f"`python benchmarks/media_density.py {' '.join(sys.argv[1:])}`".replace(" `", "`"),
        "",
        f"{machine()}, {platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{time.strftime('%Y-%m-%d', time.gmtime())}. G.711 µ-law, rooms of {options.room}, three talkers each, "
        f"{options.seconds:g} s counted after {WARM_UP_S:g} s. Late is over 20 ms.",
        "",
        "| server | participants | µs CPU / participant-second | cores | late or lost | added delay, median / p99 (ms) | memory | threads |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(row(run) for run in runs),
        "",
    ]
    ours = [r for r in runs if r["server"] == "hubbub" and r["participants"] == options.janus]
    theirs = [r for r in runs if r["server"] == "janus"]
    if ours and theirs:
        mean = [sum(r["us_per_participant_second"] for r in each) / len(each) for each in (ours, theirs)]
        lines += [
            f"Janus AudioBridge needs {mean[1] / mean[0]:.1f} times the CPU of Hubbub at {options.janus} participants.",
            "",
        ]
    lines += [
        f"Targets: at most {TARGET_US} µs, 3,000 participants with under {100 * TARGET_BAD:g} % late or lost, "
        f"delay {TARGET_MEDIAN_MS} / {TARGET_P99_MS} ms.",
        "",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "media_density.md").write_text("\n".join(lines))
    (RESULTS / "media_density.json").write_text(json.dumps(runs, indent=1) + "\n")
    print("\n".join(lines))


def machine() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{os.cpu_count()} × {line.split(':', 1)[1].strip()}"
    return platform.machine()


if __name__ == "__main__":
    main()
