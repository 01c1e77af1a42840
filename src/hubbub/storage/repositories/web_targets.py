"""Customers' URLs inside other rows: a JSON document with the password sealed."""

from typing import Any

import msgspec

from hubbub.domain.application import WebTarget
from hubbub.storage.secrets import Vault


def target_written(vault: Vault, target: WebTarget | None, context: str) -> str | None:
    """A target as a row holds it; its password opens with the same `context` only."""
    if target is None:
        return None
    sealed = None
    if target.password is not None:
        sealed = vault.seal(target.password, context).hex()
    document = {"url": target.url, "method": target.method, "username": target.username, "sealed": sealed}
    return msgspec.json.encode(document).decode()


def target_read(vault: Vault, text: str | None, context: str) -> WebTarget | None:
    """What `target_written` wrote."""
    if text is None:
        return None
    document: dict[str, Any] = msgspec.json.decode(text)
    sealed = document["sealed"]
    password = None if sealed is None else vault.open(bytes.fromhex(sealed), context)
    return WebTarget(document["url"], document["method"], document["username"], password)
