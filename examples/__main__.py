"""Runs one example: `python -m examples warm_transfer twilio --help`. See docs/examples.md."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
from pathlib import Path

import uvicorn
from examples.clients import open_client


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m examples", description="Serve an example's application.")
    words.add_argument("example", help="warm_transfer, moderated_class, coached_support or call_back")
    words.add_argument("dialect", help="twilio, bandwidth or restcomm")
    words.add_argument("people", nargs="*", help="who is called, as in agent=sip:agent@192.0.2.7")
    words.add_argument("--number", default="+15550100", help="the number that customers dial")
    words.add_argument("--listen", default="127.0.0.1:5000", help="where Hubbub reaches this application")
    words.add_argument("--hubbub", default="http://127.0.0.1:8080", help="where Hubbub's REST APIs are")
    words.add_argument("--data", default="hubbub-data", help="the server's directory, for its credentials")
    asyncio.run(_serve(words.parse_intermixed_args()))


async def _serve(wanted: argparse.Namespace) -> None:
    module = importlib.import_module(f"examples.{wanted.example}.{wanted.dialect}_app")
    credentials = json.loads((Path(wanted.data) / "credentials.json").read_text())[wanted.dialect]
    people = dict(person.split("=", 1) for person in wanted.people)
    host, _, port = wanted.listen.rpartition(":")
    async with open_client(wanted.dialect, wanted.hubbub, credentials) as client:
        app = module.application(client, url=f"http://{wanted.listen}", number=wanted.number, **people)
        await uvicorn.Server(uvicorn.Config(app, host, int(port), log_level="info")).serve()


main()
