"""Fuzz what a client writes to the HTTP port: bytes through the connection, the shell and the three dialects.

python -m tests.fuzz.rest --count 100000 --seed 1
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from typing import Any, cast

import uvicorn
from prometheus_client import CollectorRegistry
from uvicorn.server import ServerState

from desks import KeptLog, make_desk
from dialects.acting_commands import ActingCommands
from dialects.cast import (
    ACME,
    ACME_NUMBER,
    ACME_TOKEN,
    ALICE,
    STANDUP,
    call,
    conference,
    enter,
    fill,
    participant,
)
from dialects.cast import standup as standup_room
from hubbub.dialects.registry import dialects
from hubbub.storage.memory import MemoryStore
from hubbub.web.app import build_app
from hubbub.web.settings import WebLimits, WebSettings
from hubbub.web.wire import protocol_for

from .runner import main

TOKEN = b64encode(f"AC{ACME}:{ACME_TOKEN}".encode())
USER = b64encode(b"acme:acme-password")
TWILIO = b"/2010-04-01/Accounts/AC" + ACME.encode()
BANDWIDTH = b"/api/v2/accounts/" + ACME_NUMBER.encode()
RESTCOMM = b"/restcomm/2012-04-24/Accounts/AC" + ACME.encode()
ROOM = STANDUP.encode()
CALL = ALICE.encode()
FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"
BW_ROOM = BANDWIDTH + b"/conferences/conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"


def get(path: bytes, authorization: bytes = TOKEN) -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Basic %s\r\n\r\n" % (path, authorization)


def send(method: bytes, path: bytes, body: bytes, authorization: bytes = TOKEN, kind: bytes = FORM) -> bytes:
    return (
        b"%s %s HTTP/1.1\r\nHost: a\r\nAuthorization: Basic %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
        % (method, path, authorization, kind, len(body), body)
    )


CORPUS = [
    get(TWILIO + b"/Conferences.json?Status=completed&DateCreated>=2026-05-04&PageSize=2&Page=1"),
    get(TWILIO + b"/Conferences.csv?FriendlyName=my+Conf&PageToken=PACF" + ROOM + b".1777887000125"),
    get(TWILIO + b"/Conferences/CF" + ROOM + b"/Participants?Muted=true"),
    get(TWILIO + b"/Conferences/CF" + ROOM + b"/Participants/alice.xml"),
    get(TWILIO + b"/Calls/CA" + ALICE.encode() + b".json") + get(TWILIO + b"/Recordings.json"),
    get(BANDWIDTH + b"/conferences?pageSize=5&name=myConf&minCreatedTime=2026-05-04T00:00:00Z", USER),
    get(BANDWIDTH + b"/conferences/conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211", USER),
    get(RESTCOMM + b"/Conferences.json?Page=1&PageSize=5&FriendlyName=my%25&DateCreated=2026-05-04"),
    get(RESTCOMM + b"/Conferences/CF" + ROOM + b"/Participants"),
    get(b"/healthz"),
    b"POST /api/v1/oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 29\r\nAuthorization: Basic " + USER + b"\r\n\r\ngrant_type=client_credentials",
    b"POST "
    + TWILIO
    + b"/Conferences.json HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
]
CORPUS += [
    send(
        b"POST",
        TWILIO + b"/Conferences/CF" + ROOM + b"/Participants/alice.json",
        b"Muted=true&Hold=false&HoldUrl=",
    ),
    send(
        b"POST",
        TWILIO + b"/Conferences/CF" + ROOM + b"/Participants/CA" + CALL,
        b"Coaching=true&CallSidToCoach=CA" + CALL,
    ),
    send(
        b"POST",
        TWILIO + b"/Conferences/my%20room/Participants.json",
        b"From=%2B15550100&To=sip%3Abob%40a.example%3Fx%3D1&Label=bob&StatusCallbackEvent=ringing&StatusCallbackEvent=answered"
        b"&Timeout=5&Beep=onEnter&MaxParticipants=250&WaitUrl=https%3A%2F%2Facme.example%2Fw&ConferenceRecord=true",
    ),
    send(
        b"POST",
        TWILIO + b"/Conferences/CF" + ROOM + b".json",
        b"AnnounceUrl=https%3A%2F%2Facme.example%2Fa&AnnounceMethod=GET",
    ),
    send(b"DELETE", TWILIO + b"/Conferences/CF" + ROOM + b"/Participants/alice.json", b""),
    send(
        b"POST",
        TWILIO + b"/Calls.json",
        b"To=client%3Abob&From=%2B15550100&Twiml=%3CResponse%2F%3E&SendDigits=ww1%23",
    ),
    send(
        b"POST",
        TWILIO + b"/Calls/CA" + CALL + b".json",
        b"Url=https%3A%2F%2Facme.example%2Fv%23rc%3D2&Method=GET",
    ),
    send(
        b"POST",
        TWILIO + b"/Calls.json",
        b'--x\r\nContent-Disposition: form-data; name="To"\r\n\r\nsip:a@b\r\n--x--\r\n',
        kind=b"multipart/form-data; boundary=x",
    ),
    send(
        b"POST",
        TWILIO + b"/Calls/CA" + CALL + b"/Recordings.json",
        b"RecordingChannels=dual&Trim=trim-silence",
    ),
    send(
        b"POST",
        BW_ROOM,
        b'{"status":"active","redirectUrl":"https://acme.example/b","redirectMethod":"POST"}',
        USER,
        JSON,
    ),
    send(
        b"PUT",
        BW_ROOM + b"/bxml",
        b"<Bxml><SpeakSentence>Hi</SpeakSentence></Bxml>",
        USER,
        b"application/xml",
    ),
    send(
        b"PUT",
        BW_ROOM + b"/members/c-00000001-" + CALL,
        b'{"mute":true,"hold":null,"callIdsToCoach":["c-1"]}',
        USER,
        JSON,
    ),
    send(
        b"POST",
        BANDWIDTH + b"/calls",
        b'{"to":"+15551230001","from":"+15551230002","applicationId":"x","answerUrl":"https://acme.example/a",'
        b'"callTimeout":30.5,"tag":"t","priority":1,"uui":"a;encoding=hex","username":"u","password":"p"}',
        USER,
        JSON,
    ),
    send(b"POST", RESTCOMM + b"/Conferences/CF" + ROOM + b"/Participants/CA" + CALL, b"Mute=true"),
    send(
        b"POST",
        RESTCOMM + b"/Calls.json",
        b"From=a&To=client:bob&Url=https://acme.example/v&StatusCallbackEvent=ringing,answered",
    ),
    send(b"POST", RESTCOMM + b"/Calls/CA" + CALL, b"Status=completed&MoveConnectedCallLeg=true"),
]
WORDS = [
    *(b"\r\n", b"\n", b"\0", b"\xff", b"%", b"%00", b"%FF", b"%2F", b"%C3%A9", b"&", b"=", b"?", b"/", b"//", b"+"),
    *(b".json", b".xml", b".csv", b"..", b"HEAD ", b"PUT ", b"OPTIONS ", b"HTTP/1.0", b"Host: \r\n", b"99999999999"),
    *(b"PageSize=-1", b"Page=", b"PageToken=PBCF", b"Status=init", b"DateUpdated<=", b"Limit=", b"9" * 400),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Accept: json\r\n"),
    *(b"Connection: close\r\n", b"Upgrade: h2c\r\n", b"Authorization: Basic Og==\r\n", b"Origin: http://a\r\n"),
]  # fmt: skip
STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 4000), "sockname": ("192.0.2.2", 8080)})
        self.sent = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.sent += data

    def writelines(self, list_of_data: Any) -> None:
        for data in list_of_data:
            self.write(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed


class Port:
    """The HTTP side over a small store, on a loop of its own."""

    def __init__(self) -> None:
        self.inputs = 0
        self.runner = asyncio.Runner()
        self.runner.run(self._furnish())

    async def _furnish(self) -> None:
        store = MemoryStore()
        await fill(store)
        await enter(store, standup_room(), *(conference(n) for n in range(3)), call(ALICE))
        await enter(store, participant(ALICE, label="alice"))
        limits = WebLimits(auth_failures_max=10**9, auth_guesses_max=10**9, body_timeout_s=0.001)
        desk = make_desk(store, commands=ActingCommands(store).commands)
        self.log = cast(KeptLog, desk.log)
        shell = build_app(desk, dialects(), WebSettings(limits=limits), CollectorRegistry(), dict)
        config = uvicorn.Config(
            cast(Any, shell), ws="none", lifespan="off", log_config=None, log_level="critical"
        )
        config.load()
        self._config, self._make = config, protocol_for(shell, limits)

    async def say(self, data: bytes) -> bytes:
        state = ServerState()
        protocol = self._make(config=self._config, server_state=state, app_state={})
        wire = Wire()
        protocol.connection_made(wire)
        for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
            if not wire.closed:
                protocol.data_received(piece)
        while state.tasks:
            await asyncio.wait(state.tasks)
            await asyncio.sleep(0)
        protocol.connection_lost(None)
        return wire.sent


PORT: list[Port] = []
INPUTS_PER_PORT = 2_000
"""Then it begins anew: what the inputs wrote makes every further one slower."""


def target(data: bytes) -> None:
    """Every answer is HTTP, none is our fault, and nothing is logged."""
    if PORT and PORT[0].inputs >= INPUTS_PER_PORT:
        PORT.pop().runner.close()
    if not PORT:
        PORT.append(Port())
    [port] = PORT
    port.inputs += 1
    sent = port.runner.run(port.say(data))
    assert not sent or sent.startswith(b"HTTP/1.1 "), sent
    assert all(int(status) < 500 for status in STATUS.findall(sent)), sent
    assert port.log.entries == [], port.log.entries


if __name__ == "__main__":
    main("rest", target, CORPUS, WORDS)
