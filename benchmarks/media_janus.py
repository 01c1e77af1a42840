"""Janus AudioBridge (Debian's package) under the media benchmark: started, told of rooms and participants, stopped.

Speaks Janus' JSON over its Unix-socket transport. Rooms run at 8 kHz, which is Janus' cheapest for G.711, and each
participant is a plain-RTP one.
"""

import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PLUGINS = "/usr/lib/x86_64-linux-gnu/janus"
CORE_CONFIG = """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{plugins}/plugins"
    transports_folder = "{plugins}/transports"
    events_folder = "{plugins}/events"
    loggers_folder = "{plugins}/loggers"
    debug_level = 1
    session_timeout = 0
    server_name = "bench"
}}
media: {{ rtp_port_range = "50000-50099" }}
plugins: {{ disable = "{disabled_plugins}" }}
transports: {{ disable = "{disabled_transports}" }}
"""
SOCKET_CONFIG = (
    'general: {{ enabled = true\n json = "compact"\n path = "{path}"\n type = "SOCK_SEQPACKET" }}\n'
)
BRIDGE_CONFIG = 'general: {\n rtp_port_range = "20000-39999"\n local_ip = "127.0.0.1"\n}\n'


def is_installed() -> bool:
    return shutil.which("janus") is not None


class Janus:
    def __init__(self, cpu: int | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="janus-"))
        others = {
            kind: ",".join(p.name for p in Path(PLUGINS, kind).glob("*.so") if p.name != kept)
            for kind, kept in (("plugins", "libjanus_audiobridge.so"), ("transports", "libjanus_pfunix.so"))
        }
        path = self.folder / "api.sock"
        (self.folder / "janus.jcfg").write_text(
            CORE_CONFIG.format(
                folder=self.folder,
                plugins=PLUGINS,
                disabled_plugins=others["plugins"],
                disabled_transports=others["transports"],
            )
        )
        (self.folder / "janus.transport.pfunix.jcfg").write_text(SOCKET_CONFIG.format(path=path))
        (self.folder / "janus.plugin.audiobridge.jcfg").write_text(BRIDGE_CONFIG)
        command = ["janus", "--configs-folder", str(self.folder), "--config", str(self.folder / "janus.jcfg")]
        if shutil.which("chrt") and os.geteuid() == 0:
            command = ["chrt", "-r", "10", *command]
        if cpu is not None:
            command = ["taskset", "-c", str(cpu), *command]
        self.log = (self.folder / "log").open("w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        for _ in range(100):
            with contextlib.suppress(OSError):
                self.socket.connect(str(path))
                break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"Janus did not start; see {self.log.name}")
        self.numbers = itertools.count(1)
        self.session = self._ask(janus="create")["data"]["id"]
        self.rooms: set[int] = set()
        self.keeper = self._attach()

    @property
    def pid(self) -> int:
        return self.process.pid

    def join(self, room: int, host: str, port: int) -> int:
        """Let a participant at host and port into a room. Returns the port it is to send to."""
        if room not in self.rooms:
            self.rooms.add(room)
            self._message(
                self.keeper,
                request="create",
                room=room,
                sampling_rate=8000,
                allow_rtp_participants=True,
                audiolevel_event=False,
            )
        joined = self._message(
            self._attach(),
            request="join",
            room=room,
            codec="pcmu",
            rtp={"ip": host, "port": port, "payload_type": 0},
        )
        return int(joined["rtp"]["port"])

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.socket.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _attach(self) -> int:
        answer = self._ask(janus="attach", session_id=self.session, plugin="janus.plugin.audiobridge")
        return int(answer["data"]["id"])

    def _message(self, handle: int, **body: Any) -> dict[str, Any]:
        answer = self._ask(janus="message", session_id=self.session, handle_id=handle, body=body)
        data: dict[str, Any] = answer["plugindata"]["data"]
        if "error" in data:
            raise RuntimeError(f"Janus refused {body}: {data['error']}")
        return data

    def _ask(self, **request: Any) -> dict[str, Any]:
        name = str(next(self.numbers))
        self.socket.send(json.dumps({**request, "transaction": name}).encode())
        while True:
            answer: dict[str, Any] = json.loads(self.socket.recv(1 << 20))
            if answer.get("transaction") != name or answer["janus"] == "ack":
                continue
            if answer["janus"] == "error":
                raise RuntimeError(f"Janus refused {request}: {answer['error']}")
            return answer
