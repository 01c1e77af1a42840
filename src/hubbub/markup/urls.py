"""URLs in customers' documents."""

from typing import Final
from urllib.parse import urljoin, urlsplit

URL_LENGTH_MAX: Final = 2_048
"""Bandwidth's limit on webhook URLs, and what browsers and proxies agree on."""


def resolve_url(base_url: str | None, reference: str) -> str | None:
    """`reference` as an absolute http or https URL (RFC 3986 §5), or None if it does not make one."""
    if any(ch <= " " or ch == "\x7f" for ch in reference):
        return None
    try:
        url = urljoin(base_url, reference) if base_url else reference
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or port == 0:
        return None
    return url if len(url) <= URL_LENGTH_MAX else None
