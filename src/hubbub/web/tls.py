"""The certificate of our HTTP server: files, read at the start and again when the operator says so.

One `SSLContext` serves all connections; loading a chain into it anew holds for the handshakes that follow, and
connections that are open go on with the old one. A pair that does not fit is found out in a context of its own
first, so that a broken file never takes the place of one that works.
"""

import ssl
from pathlib import Path


class TlsUnusable(OSError):
    """The files hold no certificate with its key."""


class ServerCertificate:
    def __init__(self, certificate: Path, key: Path) -> None:
        """
        Args:
            certificate: PEM, the server's own first, then those between it and the root.
            key: PEM, not encrypted.

        Raises:
            TlsUnusable: they cannot be used.
        """
        self._certificate = certificate
        self._key = key
        self.context = self._load(_new_context())

    def reload(self) -> None:
        """Read the files again.

        Raises:
            TlsUnusable: they cannot be used; the old ones still are.
        """
        self._load(_new_context())
        self._load(self.context)

    def _load(self, context: ssl.SSLContext) -> ssl.SSLContext:
        try:
            # Without a password to try, OpenSSL would ask for one at the terminal.
            context.load_cert_chain(self._certificate, self._key, password="")
        except (ssl.SSLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise TlsUnusable(
                f"tls_certificate {self._certificate} and tls_key {self._key} cannot be used: {reason}"
            ) from None
        return context


def _new_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
