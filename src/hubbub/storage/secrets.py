"""Secrets at rest: digests to compare with, and encryption where the secret itself is needed again.

The server's key is 32 random bytes in DIR/server.key, readable by its owner only. Without that file the
database gives no secret away: digests are keyed (HMAC-SHA256), and what signing and digest authentication
need in the clear is sealed with AES-256-GCM, bound to the row it belongs to.
"""

import hmac
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hubbub.services.ports import Entropy
from hubbub.storage.errors import StorageUnusable

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # NIST SP 800-38D §8.2: 96 bits


class Vault:
    """Makes and checks what is stored of secrets."""

    __slots__ = ("_cipher", "_digest_key", "_entropy")

    def __init__(self, key: bytes, entropy: Entropy) -> None:
        self._digest_key = hmac.digest(key, b"hubbub secret digest", "sha256")
        self._cipher = AESGCM(hmac.digest(key, b"hubbub secret seal", "sha256"))
        self._entropy = entropy

    def __repr__(self) -> str:
        return "Vault(…)"

    def digest(self, kind: str, username: str, secret: str) -> bytes:
        """What is stored to compare with: 32 bytes, different for each kind and user name."""
        message = "\0".join((kind, username, secret)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._digest_key, message, "sha256")

    def matches(self, stored: bytes | None, kind: str, username: str, secret: str) -> bool:
        """Whether `secret` is the one, in the same time whether it is, is not, or nothing is stored."""
        return hmac.compare_digest(stored or bytes(32), self.digest(kind, username, secret))

    def seal(self, secret: str, context: str) -> bytes:
        """`secret` encrypted; opens only with the same `context`, so rows cannot be swapped."""
        nonce = bytes.fromhex(self._entropy.token(2 * _NONCE_BYTES))
        return nonce + self._cipher.encrypt(nonce, secret.encode("utf-8", "surrogatepass"), context.encode())

    def open(self, sealed: bytes, context: str) -> str:
        """The secret in the clear.

        Raises:
            StorageUnusable: it was sealed with another server's key, or tampered with.
        """
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except InvalidTag:
            raise StorageUnusable(
                "a stored secret does not open with server.key: the key belongs to another database"
            ) from None
        return plain.decode("utf-8", "surrogatepass")


def load_key(path: Path, entropy: Entropy) -> bytes:
    """The server's key; made on the first start.

    Raises:
        StorageUnusable: the file does not hold a key.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(entropy.token(2 * KEY_BYTES) + "\n")
    text = path.read_text(encoding="ascii").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StorageUnusable(
            f"{path} does not hold a key of {KEY_BYTES} bytes in hex; restore it from a backup"
        )
    return key
