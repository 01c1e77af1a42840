"""Structured logs: one line per happening, for people or for machines, on standard error."""

import logging
import sys
from typing import cast

import structlog

from hubbub.services.ports import Log


def open_log(level: str, form: str) -> Log:
    """Configure logging once and return the server's log. Values named like secrets are masked."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _mask_secrets,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    return cast(Log, structlog.get_logger())


SECRET_WORDS = ("password", "token", "secret", "authorization")


def _mask_secrets(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    for key in event:
        if any(word in key.lower() for word in SECRET_WORDS):
            event[key] = "*****"
    return event
