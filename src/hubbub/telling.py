"""Builds what tells others of what happened: callbacks to customers, and our own API. A room of `bootstrap`."""

from collections.abc import Mapping
from dataclasses import dataclass

from hubbub.config import Settings
from hubbub.services.commands import RoomCommands
from hubbub.services.deliveries.callbacks import CallbackWriter
from hubbub.services.deliveries.deliver import DeliverCallbacks, DeliverySettings
from hubbub.services.deliveries.forget_old_rows import ForgetOldRows
from hubbub.services.deliveries.resend_deliveries import ResendDeliveries
from hubbub.services.deliveries.show_delivery import ShowDelivery
from hubbub.services.deliveries.word_delivery import WordDelivery
from hubbub.services.ports import Clock, DocumentFetcher, Entropy, Log, Reader, Store
from hubbub.web.own import EventFeed, OwnApi


@dataclass(frozen=True, slots=True)
class Telling:
    """What is built, and its life."""

    deliveries: DeliverCallbacks
    forget: ForgetOldRows
    feed: EventFeed
    api: OwnApi

    def start(self) -> None:
        self.deliveries.start()
        self.forget.start()

    def end_streams(self) -> None:
        """Before the web server is stopped, which waits for its answers to end."""
        self.feed.end_all()

    async def aclose(self, grace_s: float = 0.0) -> None:
        """Stop; what is due goes out for `grace_s` more. Closing twice is fine."""
        self.end_streams()
        await self.deliveries.aclose(grace_s)
        await self.forget.aclose()


def open_telling(
    settings: Settings,
    store: Store,
    sender: DocumentFetcher,
    clock: Clock,
    entropy: Entropy,
    log: Log,
    *,
    base_url: str,
    writers: Mapping[str, CallbackWriter],
    rooms: RoomCommands | None,
) -> Telling:
    """To be started.

    Args:
        sender: brings callbacks to their receivers.
        base_url: how customers reach this server.
        rooms: runs what receivers answer with.
    """
    wording = open_wording(settings, store.read, writers, base_url)
    feed = EventFeed(store, clock)
    return Telling(
        DeliverCallbacks(
            store, wording, sender, clock, entropy, log, delivery_settings(settings), rooms=rooms
        ),
        ForgetOldRows(
            store,
            clock,
            log,
            keep_deliveries_ms=int(settings.callback_keep_s * 1000),
            keep_answers_ms=int(settings.idempotency_keep_s * 1000),
        ),
        feed,
        OwnApi(
            feed,
            ShowDelivery(store.read, wording),
            ResendDeliveries(store, clock),
            streams_max=settings.event_streams_max,
        ),
    )


def open_wording(
    settings: Settings, reader: Reader, writers: Mapping[str, CallbackWriter], base_url: str
) -> WordDelivery:
    """What turns a delivery into a request."""
    return WordDelivery(
        reader,
        writers,
        base_url=base_url,
        site=settings.site,
        body_bytes_max=settings.document_bytes_max,
    )


def delivery_settings(settings: Settings) -> DeliverySettings:
    return DeliverySettings(
        lease_ms=int(settings.callback_lease_s * 1000),
        sends_max=settings.callbacks_max,
        sends_per_host_max=settings.callbacks_per_host_max,
        retry=settings.callback_retry,
        node=settings.node,
    )
