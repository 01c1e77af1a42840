"""Digest authentication: its header values and its arithmetic (RFC 7616, RFC 8760, RFC 3261 §22).

Owns the `Digest` challenge and credentials as data, and the hashes over them. Who answers a challenge is in
`digest_client`, who makes and checks one in `digest_server`. Passwords pass through, nothing is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.grammar import is_token, parse_decimal, quote, split_list, unquote

# RFC 7616 §6.1 and RFC 8760 §2.1, strongest first. SHA-512-256 is left out: no SIP phone known to us offers it.
_HASHES = {
    "sha-256": hashlib.sha256,
    "sha-256-sess": hashlib.sha256,
    "md5": hashlib.md5,
    "md5-sess": hashlib.md5,
}
ALGORITHMS = ("SHA-256", "MD5")
"""Algorithms that a server offers, in the order of RFC 8760 §2.3: the most preferred first."""


def is_supported(algorithm: str) -> bool:
    """Whether the arithmetic for `algorithm` is known, by any case."""
    return algorithm.lower() in _HASHES


def _hash(algorithm: str, text: str | bytes) -> str:
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return _HASHES[algorithm.lower()](data, usedforsecurity=False).hexdigest()


def compute_ha1(username: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """H(username:realm:password) as lower hex: what a server may keep in place of a password (RFC 7616 §3.4.2)."""
    return _hash(algorithm, f"{username}:{realm}:{password}")


def compute_response(
    ha1: str,
    *,
    method: str,
    uri: str,
    nonce: str,
    algorithm: str = "MD5",
    qop: str | None = None,
    nonce_count: int = 1,
    cnonce: str = "",
    body: bytes = b"",
) -> str:
    """The `response` value as lower hex (RFC 7616 §3.4.1; without qop as in RFC 2617 §3.2.2.1).

    Args:
        ha1: from `compute_ha1` with the same algorithm; for `-sess` the session part is added here.
        qop: `auth`, `auth-int` (then `body` counts), or None.
    """
    if algorithm.lower().endswith("-sess"):
        ha1 = _hash(algorithm, f"{ha1}:{nonce}:{cnonce}")
    a2 = f"{method}:{uri}"
    if qop == "auth-int":
        a2 = f"{a2}:{_hash(algorithm, body)}"
    ha2 = _hash(algorithm, a2)
    if qop is None:
        return _hash(algorithm, f"{ha1}:{nonce}:{ha2}")
    return _hash(algorithm, f"{ha1}:{nonce}:{nonce_count:08x}:{cnonce}:{qop}:{ha2}")


@dataclass(frozen=True, slots=True)
class DigestChallenge:
    """One WWW-Authenticate or Proxy-Authenticate value (RFC 7616 §3.3, RFC 3261 §20.44)."""

    realm: str
    """Protection space, unquoted."""
    nonce: str
    """The server's token, unquoted; opaque to the client."""
    algorithm: str = "MD5"
    """As spelled by the server; MD5 when it says nothing."""
    qop: tuple[str, ...] = ()
    """Offered qualities of protection in lower case; empty from a server of RFC 2069's time."""
    opaque: str | None = None
    """To be sent back unchanged."""
    is_stale: bool = False
    """Whether only the nonce was too old, so that the same password may be tried again."""

    @classmethod
    def parse(cls, text: str) -> DigestChallenge:
        """Read a challenge.

        Raises:
            SipParseError: another scheme than Digest, malformed parameters, no realm or nonce.
        """
        params = _parse_digest(text)
        if "realm" not in params or "nonce" not in params:
            raise SipParseError("digest challenge without realm or nonce")
        return cls(
            realm=params["realm"],
            nonce=params["nonce"],
            algorithm=params.get("algorithm", "MD5"),
            qop=tuple([member.lower() for member in split_list(params.get("qop", ""))]),
            opaque=params.get("opaque"),
            is_stale=params.get("stale", "").lower() == "true",
        )

    def __str__(self) -> str:
        parts = [f"realm={quote(self.realm)}", f"nonce={quote(self.nonce)}"]
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.is_stale:
            parts.append("stale=TRUE")
        parts.append(f"algorithm={self.algorithm}")
        if self.qop:
            parts.append(f"qop={quote(','.join(self.qop))}")
        return "Digest " + ", ".join(parts)


@dataclass(frozen=True, slots=True)
class DigestCredentials:
    """One Authorization or Proxy-Authorization value (RFC 7616 §3.4, RFC 3261 §20.7)."""

    username: str
    """Account name, unquoted."""
    realm: str
    """As challenged."""
    nonce: str
    """As challenged."""
    uri: str
    """The digest-uri, as hashed."""
    response: str
    """Lower hex."""
    algorithm: str = "MD5"
    """As spelled by the client; MD5 when it says nothing."""
    qop: str | None = None
    """Chosen quality of protection in lower case."""
    nonce_count: int | None = None
    """How often the nonce was used, this time included; present when `qop` is."""
    cnonce: str | None = None
    """The client's own token, unquoted."""
    opaque: str | None = None
    """As challenged."""

    @classmethod
    def parse(cls, text: str) -> DigestCredentials:
        """Read credentials.

        Raises:
            SipParseError: another scheme than Digest, malformed or missing parameters, qop without nc and cnonce.
        """
        params = _parse_digest(text)
        for name in ("username", "realm", "nonce", "uri", "response"):
            if name not in params:
                raise SipParseError(f"digest credentials without {name}")
        qop = params.get("qop")
        count: int | None = None
        if qop is not None:
            stated = params.get("nc", "")
            if len(stated) != 8 or any(char not in "0123456789abcdefABCDEF" for char in stated):
                raise SipParseError("malformed nonce count")
            count = int(stated, 16)
            if "cnonce" not in params:
                raise SipParseError("digest credentials without cnonce")
        return cls(
            username=params["username"],
            realm=params["realm"],
            nonce=params["nonce"],
            uri=params["uri"],
            response=params["response"].lower(),
            algorithm=params.get("algorithm", "MD5"),
            qop=None if qop is None else qop.lower(),
            nonce_count=count,
            cnonce=params.get("cnonce"),
            opaque=params.get("opaque"),
        )

    def __str__(self) -> str:
        parts = [
            f"username={quote(self.username)}",
            f"realm={quote(self.realm)}",
            f"nonce={quote(self.nonce)}",
            f"uri={quote(self.uri)}",
            f"response={quote(self.response)}",
            f"algorithm={self.algorithm}",
        ]
        if self.cnonce is not None:
            parts.append(f"cnonce={quote(self.cnonce)}")
        if self.qop is not None:
            parts.append(f"qop={self.qop}")
            parts.append(f"nc={self.nonce_count or 0:08x}")
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        return "Digest " + ", ".join(parts)


def _parse_digest(text: str) -> dict[str, str]:
    """The parameters of a Digest value, names in lower case, values unquoted."""
    scheme, _, rest = text.strip(" \t").partition(" ")
    if scheme.lower() != "digest":
        raise SipParseError("not Digest authentication")
    params: dict[str, str] = {}
    for member in split_list(rest):
        name, equals, value = member.partition("=")
        name, value = name.strip(" \t").lower(), value.strip(" \t")
        if not equals or not is_token(name):
            raise SipParseError("malformed digest parameter")
        if name in params:
            # Two values leave open which one was hashed.
            raise SipParseError("digest parameter given twice")
        params[name] = unquote(value)
    return params


def parse_nonce_time(text: str) -> int:
    """Decimal time stamp inside a nonce of ours, milliseconds.

    Raises:
        SipParseError: not a number.
    """
    return parse_decimal(text, "nonce time", 2**63 - 1)
