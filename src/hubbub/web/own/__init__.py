"""Our own HTTP API, `/v1`: the event log and the deliveries, which no vendor has. Documented in docs/our-own-api.md.

It looks like one more dialect to the shell, so that limits, throttling and idempotency keys hold here too.
"""

from hubbub.web.own.api import OwnApi
from hubbub.web.own.feed import EventFeed

__all__ = ["EventFeed", "OwnApi"]
