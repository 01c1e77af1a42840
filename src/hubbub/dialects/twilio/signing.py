"""Twilio's signatures of webhooks, the old one and the newer.

https://www.twilio.com/docs/usage/security. Every request is signed with the auth token of the account that owns
what it tells of: HMAC-SHA1 in `X-Twilio-Signature`. A URL whose fragment says `sig=sha256` is signed with SHA-256
instead, and `X-Twilio-Webhooks-Signature-Settings` says so; the secret is the auth token there too, since this
server keeps no other shared key. The fragment is never sent.
"""

import base64
import hmac
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from hubbub.dialects.shared.query import Pairs

KEY_ID: Final = "auth_token"
"""The name by which the newer header calls the secret."""


def signature_headers(secret: str | None, target_url: str, url: str, parameters: Pairs) -> Pairs:
    """The headers that prove who sends a request; none without a secret.

    Args:
        target_url: as the customer wrote it, with its fragment.
        url: as it is sent.
        parameters: of a form body; empty for a GET.
    """
    if secret is None:
        return []
    if "sig=sha256" in target_url.partition("#")[2].split("&"):
        return [
            ("X-Twilio-Signature", sign(secret, url, parameters, "sha256")),
            ("X-Twilio-Webhooks-Signature-Settings", f"key={KEY_ID},algorithm=HMAC_SHA256"),
        ]
    return [("X-Twilio-Signature", sign(secret, url, parameters))]


def sign(secret: str, url: str, parameters: Pairs, algorithm: str = "sha1") -> str:
    """The signature: HMAC, Base64, of the URL and then each parameter's name and value.

    Names are sorted by their bytes; a repeated name's values are sorted and said once. The URL is signed
    without user information and fragment, and over https without its port.
    """
    text = _signed_url(url) + "".join([name + value for name, value in sorted(set(parameters))])
    digest = hmac.digest(secret.encode(), text.encode("utf-8", "replace"), algorithm)
    return base64.b64encode(digest).decode("ascii")


@lru_cache(maxsize=1024)
def _signed_url(url: str) -> str:
    parts = urlsplit(url.partition("#")[0])
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https":
        # A bracketed IPv6 address has colons of its own.
        name, colon, port = host.rpartition(":")
        if colon and port.isdigit():
            host = name
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
