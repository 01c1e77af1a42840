"""Asking for documents: when it is enough, and what stands in for one that failed. Pure bookkeeping.

Owns the counts of one call's documents and which fallback is still to be tried; what is asked, and what is done
without a document, is for `interpreter`.
"""

from hubbub.domain.application import WebTarget
from hubbub.markup import effects as fx
from hubbub.markup.effects import Ask, Effect, Purpose
from hubbub.markup.limits import MarkupLimits


class Asking:
    """One program's documents."""

    def __init__(self, limits: MarkupLimits, fallback: WebTarget | None) -> None:
        """
        Args:
            fallback: stands in for every document without one of its own.
        """
        self.fallback = fallback
        self._limits = limits
        self._in_a_row = 0
        self._count = 0
        self._is_fallback = False
        """What was asked last is a fallback already."""

    @property
    def awaits_moment(self) -> bool:
        """Nothing has taken time since a document began."""
        return self._in_a_row > 0

    def moment_passed(self) -> None:
        """The caller was kept busy: documents that follow are no longer in a row."""
        self._in_a_row = 0

    def no_moment_passed(self) -> None:
        """A document begins anew without asking for it."""
        self._in_a_row = 1

    def begin_anew(self) -> None:
        """Somebody gave the call another document."""
        self._in_a_row = 0
        self._is_fallback = False

    def may_ask(self, ask: Ask) -> bool:
        """Count `ask`; False: there were too many."""
        self._in_a_row += 1
        self._count += 1
        if self._in_a_row > self._limits.documents_in_a_row_max:
            return False
        if self._count > self._limits.documents_per_call_max:
            return False
        self._is_fallback = ask.failed is not None
        return True

    def instead(self, open_: Effect | None, code: str, url: str | None) -> Ask | None:
        """What to ask instead of the document that failed, with what its fallback is told; None: nothing.

        Args:
            open_: the effect that was to bring the document, if it was asked for.
            code: why it failed.
            url: where it was.
        """
        if self._is_fallback:
            return None
        asked = open_.ask if isinstance(open_, fx.Fetch) else None
        target = (asked.fallback if asked else None) or self.fallback
        if target is None:
            return None
        failed = fx.Failed(code, url or "")
        if asked is None:
            return Ask(Purpose.REDIRECT, target, failed=failed)
        return Ask(asked.purpose, target, None, asked.details, failed, asked.conference, asked.outcome)
