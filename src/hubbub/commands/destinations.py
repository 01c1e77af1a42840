"""`hubbub application`, `hubbub number` and `hubbub trunk`: where dialled addresses lead, and who may dial."""

from pathlib import Path

import click

from hubbub.commands.options import (
    account_option,
    data_option,
    json_option,
    run,
    show,
    the_account,
    with_store,
)
from hubbub.config import SettingsError, parse_networks
from hubbub.domain.application import Application, Number, Trunk, WebTarget, normalise_address
from hubbub.domain.errors import NotFound
from hubbub.domain.ids import ApplicationId, NumberId, TrunkId
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.routing import uri_peer
from hubbub.protocol.sip.uri import SipUri
from hubbub.services.ports import Clock, Entropy, Store

DIALECTS = ("twilio", "bandwidth", "restcomm")


@click.group()
def application() -> None:
    """Create and list applications: the URL that is asked what to do with a call."""


@application.command("create")
@click.argument("name")
@click.argument("url")
@click.option(
    "--dialect", type=click.Choice(DIALECTS), default="twilio", show_default=True, help="Markup it answers."
)
@click.option("--method", type=click.Choice(("GET", "POST")), default="POST", show_default=True)
@click.option("--username", help="Basic user name for URL.")
@click.option("--password", help="Basic password for URL.")
@click.option("--fallback", help="URL asked when URL fails.")
@click.option("--fallback-method", type=click.Choice(("GET", "POST")), default="POST", show_default=True)
@click.option(
    "--status-callback", help="URL told, in the dialect's words, when a call of the application is over."
)
@account_option
@data_option
def create_application(
    name: str,
    url: str,
    dialect: str,
    method: str,
    username: str | None,
    password: str | None,
    fallback: str | None,
    fallback_method: str,
    status_callback: str | None,
    account: str | None,
    data: Path,
) -> None:
    """Create an application called NAME that asks URL for markup.

    \b
    hubbub application create support https://acme.example/voice --dialect twilio
    hubbub number create +15551230001 --application support
    """
    for link in (url, fallback, status_callback):
        if link is not None and not link.startswith(("http://", "https://")):
            raise click.ClickException(f"{link}: an http or https URL is wanted")

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        made = Application(
            id=ApplicationId(entropy.id()),
            account_id=await the_account(store, account),
            friendly_name=name,
            dialect=dialect,
            voice=WebTarget(url, method, username, password),
            fallback=WebTarget(fallback, fallback_method) if fallback else None,
            status_callback=WebTarget(status_callback) if status_callback else None,
            created_at_ms=clock.now_ms(),
        )
        async with store.transaction() as tx:
            await tx.put_application(made)
        show([_application(made)], as_json=False)

    run(with_store(data, work))


@application.command("list")
@json_option
@data_option
def list_applications(as_json: bool, data: Path) -> None:
    """List applications."""

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        show([_application(row) for row in await store.read.applications(None)], as_json)

    run(with_store(data, work, must_exist=True))


def _application(row: Application) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.friendly_name,
        "dialect": row.dialect,
        "url": row.voice.url,
        "method": row.voice.method,
        "fallback": row.fallback.url if row.fallback else None,
        "status_callback": row.status_callback.url if row.status_callback else None,
        "account": f"AC{row.account_id}",
    }


@click.group()
def number() -> None:
    """Create and list numbers: a dialled address and the application it leads to."""


@number.command("create")
@click.argument("address")
@click.option(
    "--application", "application_name", help="Name or id. Without one the number is a room of its own name."
)
@account_option
@data_option
def create_number(address: str, application_name: str | None, account: str | None, data: Path) -> None:
    """Let ADDRESS (E.164, or the user part of a SIP address) lead to an application."""

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        owner = await the_account(store, account)
        application_id = await _application_id(store, application_name) if application_name else None
        made = Number(
            NumberId(entropy.id()), owner, normalise_address(address), application_id, clock.now_ms()
        )
        async with store.transaction() as tx:
            await tx.put_number(made)
        show([_number(made)], as_json=False)

    run(with_store(data, work))


@number.command("list")
@json_option
@data_option
def list_numbers(as_json: bool, data: Path) -> None:
    """List numbers."""

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        show([_number(row) for row in await store.read.numbers(None)], as_json)

    run(with_store(data, work, must_exist=True))


def _number(row: Number) -> dict[str, object]:
    return {"address": row.address, "application": row.application_id, "account": f"AC{row.account_id}"}


async def _application_id(store: Store, text: str) -> ApplicationId:
    for row in await store.read.applications(None):
        if text in (row.id, row.friendly_name):
            return row.id
    raise NotFound("application", text)


@click.group()
def trunk() -> None:
    """Create and list trunks: SIP peers that may call, that are called through, or that register to be called."""


@trunk.command("create")
@click.argument("name")
@click.option("--from", "sources", multiple=True, help="IP network whose calls are taken without a password.")
@click.option(
    "--username", help="Digest user name: of the peer when it calls or registers, of ours at --target."
)
@click.option("--password", help="Digest password; asked for when --username is given without it.")
@click.option(
    "--target", help="SIP URI that numbers are called through, as in sip:carrier.example;transport=tcp."
)
@account_option
@data_option
def create_trunk(
    name: str,
    sources: tuple[str, ...],
    username: str | None,
    password: str | None,
    target: str | None,
    account: str | None,
    data: Path,
) -> None:
    """Let the SIP peer NAME call this server, be called through, or register.

    A trunk with a user name is a SIP user: a desk or soft phone registers with it and is called as client:USERNAME.

    \b
    hubbub trunk create carrier --from 192.0.2.0/24 --target sip:sip.carrier.example
    hubbub trunk create desk-7 --username desk7
    """
    try:
        networks = parse_networks(",".join(sources), "--from")
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if not networks and not username and not target:
        raise click.ClickException(
            "--from, --username or --target is wanted: otherwise nobody could use the trunk"
        )
    if target is not None:
        try:
            uri_peer(SipUri.parse(target))
        except SipParseError as error:
            raise click.ClickException(f"--target: {target!r} is no SIP address: {error}") from None
    if username and not password:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        made = Trunk(
            TrunkId(entropy.id()),
            await the_account(store, account),
            name,
            networks,
            username,
            target,
            clock.now_ms(),
        )
        async with store.transaction() as tx:
            await tx.put_trunk(made, password)
        show([_trunk(made)], as_json=False)

    run(with_store(data, work))


@trunk.command("list")
@json_option
@data_option
def list_trunks(as_json: bool, data: Path) -> None:
    """List trunks. Passwords are never shown."""

    async def work(store: Store, clock: Clock, entropy: Entropy) -> None:
        show([_trunk(row) for row in await store.read.trunks()], as_json)

    run(with_store(data, work, must_exist=True))


def _trunk(row: Trunk) -> dict[str, object]:
    return {
        "name": row.name,
        "from": ",".join(row.sources) or None,
        "username": row.username,
        "target": row.target,
        "account": f"AC{row.account_id}",
    }
