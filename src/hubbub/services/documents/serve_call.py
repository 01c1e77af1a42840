"""A leg that came is served: the application's document is run for it, or it joins the room that was dialled."""

from functools import lru_cache

from hubbub.markup import effects as fx
from hubbub.markup.instructions import Document, JoinConference, WaitKind, WaitMusic
from hubbub.services.calls.accept_incoming_call import AcceptedCall
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.documents.document_runners import DocumentRunners
from hubbub.services.ports import IncomingCall


class ServeCall:
    """Runs one leg from its first ring until it is over."""

    def __init__(self, runners: DocumentRunners, *, plain_music: bool) -> None:
        """
        Args:
            plain_music: play waiting music to one who is alone in a room that was simply dialled.
        """
        self._runners = runners
        wait = WaitMusic(WaitKind.STOCK if plain_music else WaitKind.SILENCE)
        # Rooms are dialled again and again, and a document never changes.
        self._plain_document = lru_cache(maxsize=1024)(
            lambda name: Document((JoinConference(name=name, wait=wait),), base_url=None)
        )

    async def __call__(self, call: LiveCall, accepted: AcceptedCall, incoming: IncomingCall) -> None:
        application = accepted.application
        runner = self._runners.make(
            call,
            accepted.account,
            application.dialect if application else None,
            fallback=application.fallback if application else None,
            headers=incoming.headers,
        )
        begin: fx.Ask | Document
        if application is None:
            begin = self._plain_document(accepted.leg.to_address)
        else:
            begin = fx.Ask(fx.Purpose.INCOMING, application.voice, application.fallback)
        await runner.run(begin, answered=False)
