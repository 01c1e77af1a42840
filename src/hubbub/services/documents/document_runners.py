"""Makes the runner of a leg's documents: the same for a call that came and for one that was made."""

from collections.abc import Mapping

from hubbub.domain.account import Account
from hubbub.domain.application import WebTarget
from hubbub.markup.language import MarkupLanguage
from hubbub.markup.limits import MarkupLimits
from hubbub.services.calls.live_calls import LiveCall
from hubbub.services.documents.live_leg import LiveLeg, Services
from hubbub.services.documents.run_document import DocumentRunner
from hubbub.services.ports import ClipSource, DocumentFetcher


class DocumentRunners:
    """Knows everything that is the same for all legs.

    Args:
        services: what every leg works with.
        languages: by dialect name.
        plain_language: the one whose habits hold where nobody says which.
        fetcher: asks customers for documents.
        clips: where sound comes from.
        limits: of documents.
    """

    def __init__(
        self,
        services: Services,
        *,
        languages: Mapping[str, MarkupLanguage],
        plain_language: str,
        fetcher: DocumentFetcher,
        clips: ClipSource,
        limits: MarkupLimits,
    ) -> None:
        self.services = services
        self._languages = languages
        self._plain_language = plain_language
        self._fetcher = fetcher
        self._clips = clips
        self._limits = limits

    def make(
        self,
        call: LiveCall,
        account: Account,
        dialect: str | None,
        *,
        fallback: WebTarget | None = None,
        headers: Mapping[str, str] | None = None,
        fetch_timeout_s: float | None = None,
    ) -> DocumentRunner:
        """A runner for this leg, which nothing has run for yet.

        Args:
            dialect: whose language its documents are in; None: the plain one.
            fallback: stands in for documents that cannot be had.
            headers: custom headers that came with the call.
            fetch_timeout_s: how long the customer may take for a document; None: as the limits have it.
        """
        name = dialect or self._plain_language
        limits = self._limits
        if fetch_timeout_s is not None:
            limits = limits._replace(fetch_timeout_s=fetch_timeout_s)
        leg = LiveLeg(call, account, self.services, dialect=name, headers=headers or {})
        return DocumentRunner(
            leg,
            self._languages[name],
            fetcher=self._fetcher,
            clips=self._clips,
            clock=self.services.clock,
            fallback=fallback,
            limits=limits,
        )
