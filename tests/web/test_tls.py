"""HTTPS by certificate files that may be changed while the server runs."""

import socket
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from prometheus_client import CollectorRegistry

from certificates import write_certificate
from hubbub.web.app import build_app
from hubbub.web.server import WebServer
from hubbub.web.settings import WebSettings
from hubbub.web.tls import ServerCertificate, TlsUnusable
from web.parrot import Parrot, parrot_desk


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write_certificate(tmp_path)


def put(source: tuple[Path, Path], target: tuple[Path, Path]) -> None:
    for old, new in zip(target, source, strict=True):
        old.write_bytes(new.read_bytes())


class Served:
    def __init__(self, files: tuple[Path, Path]) -> None:
        self.certificate = ServerCertificate(*files)
        shell = build_app(parrot_desk(), [Parrot()], WebSettings(), CollectorRegistry(), dict)
        self.server = WebServer(shell, WebSettings(), certificate=self.certificate)
        self.port = 0

    async def __aenter__(self) -> "Served":
        self.port = await self.server.start("127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.stop()

    def client(self, trusted: Path) -> httpx.AsyncClient:
        context = ssl.create_default_context(cafile=str(trusted))
        return httpx.AsyncClient(verify=context, base_url=f"https://127.0.0.1:{self.port}")


async def test_clients_that_trust_the_certificate_are_answered_over_tls(files: tuple[Path, Path]) -> None:
    async with Served(files) as served, served.client(files[0]) as client:
        answer = await client.get("/parrot")
        assert answer.json()["base_url"] == f"https://127.0.0.1:{served.port}"
        body = await client.post("/parrot", content=b"x" * 300_000)
        assert body.json()["body"] == 300_000


async def test_a_new_certificate_holds_for_new_connections_and_old_ones_go_on(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    two = write_certificate(tmp_path, "two")
    async with Served(files) as served:
        old = tmp_path / "old.crt"
        old.write_bytes(files[0].read_bytes())
        async with served.client(old) as before, served.client(two[0]) as after:
            assert (await before.get("/parrot")).status_code == 200
            put(two, files)
            served.certificate.reload()
            assert (await after.get("/parrot")).status_code == 200
            assert (await before.get("/parrot")).status_code == 200, "its connection is open"
        async with served.client(old) as late:
            with pytest.raises(httpx.ConnectError):
                await late.get("/parrot")


@pytest.mark.parametrize("broken", ["missing", "garbage", "mismatch", "encrypted"])
async def test_files_that_cannot_be_used_leave_the_old_certificate(
    files: tuple[Path, Path], tmp_path: Path, broken: str
) -> None:
    trusted = tmp_path / "trusted.crt"
    trusted.write_bytes(files[0].read_bytes())
    async with Served(files) as served:
        match broken:
            case "missing":
                files[1].unlink()
            case "garbage":
                files[0].write_text("not a certificate")
            case "mismatch":
                files[0].write_bytes(write_certificate(tmp_path, "two")[0].read_bytes())
            case "encrypted":
                key = serialization.load_pem_private_key(files[1].read_bytes(), None)
                files[1].write_bytes(
                    key.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.BestAvailableEncryption(b"secret"),
                    )
                )
        with pytest.raises(TlsUnusable) as caught:
            served.certificate.reload()
        assert str(files[0]) in str(caught.value)
        async with served.client(trusted) as client:
            assert (await client.get("/parrot")).status_code == 200


async def test_who_speaks_no_tls_is_cut_off_and_others_are_served(files: tuple[Path, Path]) -> None:
    async with Served(files) as served:
        with socket.create_connection(("127.0.0.1", served.port)) as stranger:
            stranger.sendall(b"GET /parrot HTTP/1.1\r\nHost: x\r\n\r\n")
            async with served.client(files[0]) as client:
                assert (await client.get("/parrot")).status_code == 200


def test_a_server_does_not_start_with_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(TlsUnusable):
        ServerCertificate(tmp_path / "no.crt", tmp_path / "no.key")
