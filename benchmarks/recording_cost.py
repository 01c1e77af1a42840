"""What recording a room adds: the mix alone, and the mix with one track for each participant.

`python benchmarks/recording_cost.py [--participants 300] [--room 10] [--seconds 8] [--repeats 1]`

One server process with the real media plane, rooms of ten over loopback; in one run nothing is recorded, then every
room's mix, then every room's mix and all tracks, then nothing again. Prints and writes, for each, µs of CPU (user and
system, all threads: the mixer, the event loop and the disk's thread) per participant-second, and the ratio to the
mean of the two unrecorded ones. Results go to benchmarks/results/recording_cost.md.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from media_density import (  # noqa: E402 - a neighbour, not a package
    RESULTS,
    WARM_UP_S,
    WAVE,
    Child,
    StandardErrorLog,
    address,
    cpu_seconds,
    machine,
)

PHASES = ("nothing", "mix", "mix and tracks", "nothing")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--participants", type=int, default=300)
    parser.add_argument("--room", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--server", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.server:
        asyncio.run(serve())
        return
    runs = [run for _ in range(options.repeats) for run in measure(options)]
    write(runs, options)


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """All phases, one after another, on one server under one load."""
    cores = sorted(os.sched_getaffinity(0))
    server_cpu, load_cpu = (cores[0], cores[1]) if len(cores) > 1 else (cores[0], cores[0])
    load = Child([str(HERE / "media_load.py"), str(options.participants), str(options.room), str(load_cpu)])
    ready = load.read()
    os.environ["MEDIA_BENCH_CPU"] = str(server_cpu)
    server = Child([str(Path(__file__)), "--server"])
    runs = []
    try:
        server.read()
        for start in range(0, options.participants, WAVE):
            wave = range(start, min(options.participants, start + WAVE))
            legs = [
                (who // options.room, address(ready["first_address"] + who), ready["port"]) for who in wave
            ]
            load.ask(targets=list(zip(wave, server.ask(legs=legs), strict=True)))
            time.sleep(0.06)
        for phase in PHASES:
            server.ask(record=phase)
            time.sleep(WARM_UP_S)
            before, began = cpu_seconds(server.process.pid), time.monotonic()
            heard = load.ask(count_s=options.seconds)
            cpu, elapsed = cpu_seconds(server.process.pid) - before, time.monotonic() - began
            state = server.ask(state=True)
            runs.append(
                {
                    "recorded": phase,
                    "us": cpu / elapsed / options.participants * 1e6,
                    "bad_share": heard["bad_share"],
                    "doubt": heard["generator_late"] > heard["generator_sent"] / 1000,
                    **state,
                }
            )
            print(runs[-1], flush=True)
    finally:
        server.close()
        load.close()
    return runs


async def serve() -> None:
    """The server's process: opens, connects, joins and records what it is told on standard input."""
    from hubbub.clock import SystemClock
    from hubbub.domain.ids import RecordingId
    from hubbub.media import MediaSettings, open_plane, warm_up
    from hubbub.recordings import open_recordings
    from hubbub.services.ports import Mix, RemoteMedia, TapFrame, TapKind
    from hubbub.services.recordings.recording_files import Blend, SoundPlan
    from hubbub.services.recordings.recording_take import Source, Take, TakeLimits

    cpu = int(os.environ["MEDIA_BENCH_CPU"])
    os.sched_setaffinity(0, {cpu})
    warm_up(lambda line: print(line, file=sys.stderr))
    log = StandardErrorLog()
    plane = open_plane(
        MediaSettings(
            rtp_port_first=10000,
            rtp_port_last=19999,
            ports_max=4096,
            mixers_max=1024,
            taps_max=8192,
            busy_share_max=2,
            cpu=cpu,
        ),
        log,
    )
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    rooms: dict[int, tuple[int, list[int]]] = {}
    taps: dict[int, Take] = {}
    takes: list[Take] = []
    lost: list[object] = []

    def hear(frames: list[TapFrame]) -> None:
        for frame in frames:
            if frame.tap_id in taps:
                taps[frame.tap_id].take(frame)

    plane.subscribe_taps(hear)
    print(json.dumps({"ready": True}), flush=True)
    with tempfile.TemporaryDirectory(prefix="recording-cost-") as folder:
        library = open_recordings(Path(folder), log)

        async def record(phase: str) -> None:
            for take in takes:
                take.close()
                await take.closed.wait()
            for number in range(len(takes)):
                await library.finish(RecordingId(f"{number:032x}"))
                await library.delete(RecordingId(f"{number:032x}"))
            takes.clear()
            if phase == "nothing":
                return
            for mixer_id, ports in rooms.values():
                sources = {"mix": Source(TapKind.MIX, mixer_id)}
                if phase != "mix":
                    sources |= {f"{port_id:032x}": Source(TapKind.SPOKEN, port_id) for port_id in ports}
                writer = library.begin(
                    RecordingId(f"{len(takes):032x}"), SoundPlan(Blend.MIX_AND_TRACKS), lost.append
                )
                take = Take(
                    plane,
                    writer,
                    SystemClock(),
                    taps,
                    limits=TakeLimits(),
                    over=lost.append,
                    has_voice=library.has_voice,
                )
                take.start(sources)
                takes.append(take)

        while line := await reader.readline():
            command = json.loads(line)
            if "record" in command:
                await record(command["record"])
                print(json.dumps(True), flush=True)
                continue
            if "state" in command:
                seconds = sum(take.samples for take in takes) / 8000
                answer = {"taps": len(taps), "room_seconds": round(seconds), "failures": len(lost)}
                print(json.dumps(answer), flush=True)
                continue
            joined = []
            for room, host, port in command["legs"]:
                media = plane.open_port()
                if room not in rooms:
                    rooms[room] = (plane.create_mixer(), [])
                plane.connect(media.port_id, RemoteMedia(host, port, "PCMU", 0, 101, 20, True, True))
                plane.join(media.port_id, rooms[room][0], Mix())
                rooms[room][1].append(media.port_id)
                joined.append(media.rtp_port)
            print(json.dumps(joined), flush=True)
        await record("nothing")
        await library.aclose()
    await plane.aclose()


def write(runs: list[dict[str, Any]], options: argparse.Namespace) -> None:
    base = [run["us"] for run in runs if run["recorded"] == "nothing"]
    unrecorded = sum(base) / len(base)
    rows = []
    for run in runs:
        doubt = " (generator late)" if run["doubt"] else ""
        rows.append(
            f"| {run['recorded']} | {run['taps']} | {run['us']:.0f} | {run['us'] - unrecorded:+.0f} "
            f"| {run['us'] / unrecorded:.2f} | {100 * run['bad_share']:.3f} %{doubt} |"
        )
    lines = [
        "# What recording adds",
        "",
        f"`python benchmarks/recording_cost.py {' '.join(sys.argv[1:])}`".replace(" `", "`"),
        "",
        f"{machine()}, {platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{time.strftime('%Y-%m-%d', time.gmtime())}. {options.participants} participants in rooms of "
        f"{options.room}, three talkers each, {options.seconds:g} s counted after {WARM_UP_S:g} s.",
        "",
        "| recorded | taps | µs CPU / participant-second | more than unrecorded | ratio to unrecorded | late or lost |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "recording_cost.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
