"""A leg is served: the application's document is run for it, or it joins the room that was dialled."""

from collections.abc import Mapping

from hubbub.markup import effects as fx
from hubbub.markup.instructions import Document, JoinConference, WaitKind, WaitMusic
from hubbub.markup.language import MarkupLanguage
from hubbub.markup.limits import MarkupLimits
from hubbub.services.accept_incoming_call import AcceptedCall
from hubbub.services.live_calls import LiveCall
from hubbub.services.live_leg import LiveLeg, Services
from hubbub.services.ports import ClipSource, DocumentFetcher, IncomingCall
from hubbub.services.run_document import DocumentRunner


class ServeCall:
    """Runs one leg from its first ring until it is over."""

    def __init__(
        self,
        services: Services,
        *,
        languages: Mapping[str, MarkupLanguage],
        plain_language: str,
        plain_music: bool,
        fetcher: DocumentFetcher,
        clips: ClipSource,
        limits: MarkupLimits,
    ) -> None:
        """
        Args:
            languages: by dialect name.
            plain_language: the one whose habits hold where no application says which.
            plain_music: play waiting music to one who is alone in a room that was simply dialled.
        """
        self._services = services
        self._languages = languages
        self._plain_language = plain_language
        self._plain_wait = WaitMusic(WaitKind.STOCK if plain_music else WaitKind.SILENCE)
        self._fetcher = fetcher
        self._clips = clips
        self._limits = limits

    async def __call__(self, call: LiveCall, accepted: AcceptedCall, incoming: IncomingCall) -> None:
        application = accepted.application
        leg = LiveLeg(
            call,
            accepted.account,
            self._services,
            caller_name=incoming.caller_name,
            headers=incoming.headers,
        )
        runner = DocumentRunner(
            leg,
            self._languages[application.dialect if application else self._plain_language],
            fetcher=self._fetcher,
            clips=self._clips,
            clock=self._services.clock,
            fallback=application.fallback if application else None,
            limits=self._limits,
        )
        begin: fx.Ask | Document
        if application is None:
            join = JoinConference(name=accepted.leg.to_address, wait=self._plain_wait)
            begin = Document((join,), base_url=None)
        else:
            begin = fx.Ask(fx.Purpose.INCOMING, application.voice, application.fallback)
        await runner.run(begin, answered=False)
