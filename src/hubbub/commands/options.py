"""Options and answers that several sub-commands share."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from hubbub.clock import SystemClock
from hubbub.domain.errors import Refusal
from hubbub.domain.ids import AccountId, is_id
from hubbub.entropy import SystemEntropy
from hubbub.services.ports import Clock, Entropy, Store
from hubbub.storage import open_store

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

DATA_HELP = "Directory that holds the server's database, keys and credentials."


def data_option(function: F) -> F:
    """`--data DIR`, on every sub-command."""
    return click.option(
        "--data",
        default="hubbub-data",
        show_default=True,
        envvar="HUBBUB_DATA",
        type=click.Path(file_okay=False, path_type=Path),
        help=DATA_HELP,
    )(function)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end; a refusal becomes a line on standard error and exit status 1."""
    try:
        return asyncio.run(main)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None


async def with_store(
    data: Path, work: Callable[[Store, Clock, Entropy], Awaitable[T]], *, must_exist: bool = False
) -> T:
    """Open the store in `data`, do the work, close it."""
    if must_exist and not data.is_dir():
        raise click.ClickException(f"there is no directory {data}; `hubbub serve --data {data}` makes one")
    entropy = SystemEntropy()
    store = open_store(data, entropy=entropy)
    try:
        return await work(store, SystemClock(), entropy)
    finally:
        await store.aclose()


async def the_account(store: Store, text: str | None) -> AccountId:
    """The account named by SID, number, e-mail or name; without a name the oldest one."""
    accounts = await store.read.accounts()
    if not accounts:
        raise click.ClickException("there is no account yet; `hubbub account create NAME` makes one")
    if text is None:
        return min(accounts, key=lambda account: (account.created_at_ms, account.id)).id
    bare = text[2:].lower() if text[:2] == "AC" and is_id(text[2:].lower()) else text
    for account in accounts:
        if bare in (account.id, account.bandwidth_id, account.email, account.friendly_name):
            return account.id
    raise click.ClickException(f"there is no account {text}")


def show(rows: list[dict[str, Any]], as_json: bool) -> None:
    """Print a listing: aligned columns for people, JSON for programs."""
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo("(none)")
        return
    names = list(rows[0])
    widths = [max(len(name), *(len(_cell(row[name])) for row in rows)) for name in names]
    for cells in [names, *([_cell(row[name]) for name in names] for row in rows)]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        click.echo(line.rstrip())


def _cell(value: object) -> str:
    return "-" if value is None else str(value)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of columns.")
account_option = click.option(
    "--account", help="Account SID, number, e-mail or name. Default: the oldest account."
)
