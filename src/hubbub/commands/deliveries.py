"""`hubbub deliveries`: what became of each callback, on the database itself, beside the server or without it."""

import json
from pathlib import Path
from typing import Any

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
from hubbub.config import Settings
from hubbub.dialects.registry import callback_writers
from hubbub.dialects.shared.dates import iso_ms
from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.errors import NotFound
from hubbub.domain.ids import DeliveryId
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from hubbub.own_url import own_url
from hubbub.services.deliveries.resend_deliveries import ResendDeliveries
from hubbub.services.deliveries.show_delivery import ShowDelivery
from hubbub.services.ports import Clock, Entropy, Store
from hubbub.telling import open_wording

STATES = click.Choice([state.value for state in DeliveryState])


@click.group()
def deliveries() -> None:
    """List, look at and send again what customers were told.

    \b
    hubbub deliveries list --state dead
    hubbub deliveries show 0b5f2c6e4a3d4b6f9d1e8c7a6b5f4e3d
    hubbub deliveries resend --state dead
    """


@deliveries.command("list")
@data_option
@account_option
@json_option
@click.option("--state", "states", multiple=True, type=STATES, help="Only these; may be given several times.")
@click.option("--stream", help="Only of this conference, call or recording: 32 hex digits.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
def list_(
    data: Path, account: str | None, as_json: bool, states: tuple[str, ...], stream: str | None, limit: int
) -> None:
    """Print deliveries, newest first."""

    async def work(store: Store, clock: Clock, entropy: Entropy) -> list[dict[str, Any]]:
        query = DeliveryQuery(
            None if account is None else await the_account(store, account), _states(states), stream
        )
        page = await store.read.deliveries(query, PageRequest(limit, descending=True))
        return [_row(each) for each in page.items]

    show(run(with_store(data, work, must_exist=True)), as_json)


@deliveries.command("show")
@data_option
@click.argument("delivery_id")
def show_(data: Path, delivery_id: str) -> None:
    """Print one delivery, with the request as it would be sent; its secrets are masked."""

    async def work(store: Store, clock: Clock, entropy: Entropy) -> dict[str, Any]:
        found = await store.read.delivery(DeliveryId(delivery_id.lower()))
        if found is None:
            raise NotFound("delivery", delivery_id)
        settings = Settings(data=str(data))
        wording = open_wording(settings, store.read, callback_writers(), own_url(settings).url)
        shown = await ShowDelivery(store.read, wording)(found)
        event = None
        if shown.entry is not None:
            event = {
                "number": shown.entry.number,
                "kind": str(shown.entry.event.kind),
                "data": shown.entry.event.data,
            }
        return {
            **_row(found),
            "token": found.token,
            "dialect": shown.dialect,
            "purpose": shown.purpose,
            "event": event,
            "request": None if shown.request is None else shown.request._asdict(),
            "why_not": shown.why_not,
        }

    click.echo(json.dumps(run(with_store(data, work, must_exist=True)), indent=2))


@deliveries.command("resend")
@data_option
@account_option
@click.argument("delivery_ids", nargs=-1)
@click.option("--state", type=click.Choice(["dead", "delivered"]), help="All in this state.")
@click.option("--stream", help="With --state: only of this conference, call or recording.")
def resend(
    data: Path, account: str | None, delivery_ids: tuple[str, ...], state: str | None, stream: str | None
) -> None:
    """Make deliveries due again, with all their attempts before them; a running server sends them within seconds."""
    if bool(delivery_ids) == (state is not None):
        raise click.UsageError("either ids or --state is wanted")

    async def work(store: Store, clock: Clock, entropy: Entropy) -> tuple[int, bool]:
        again = ResendDeliveries(store, clock)
        for delivery_id in delivery_ids:
            await again.one(DeliveryId(delivery_id.lower()))
        if state is None:
            return len(delivery_ids), False
        account_id = None if account is None else await the_account(store, account)
        return await again.all(DeliveryQuery(account_id, _states((state,)), stream))

    count, has_more = run(with_store(data, work, must_exist=True))
    click.echo(f"{count} due again" + ("; there are more, say it again" if has_more else ""))


def _states(words: tuple[str, ...]) -> frozenset[DeliveryState] | None:
    return frozenset(DeliveryState(word) for word in words) or None


def _row(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "status": delivery.status,
        "event": delivery.event_number,
        "stream": delivery.stream,
        "due_at": iso_ms(delivery.due_at_ms),
        "updated_at": iso_ms(delivery.updated_at_ms),
        "error": delivery.error,
    }
