"""Answering digest challenges (RFC 7616 §3.4, RFC 8760 §2.4, RFC 3261 §22.2, §22.3).

Owns the choice among several challenges, the count of how often a nonce was used, and the point at which trying
again is pointless. Building the next request (new CSeq, new branch) and sending it are the user agent's.
"""

from __future__ import annotations

from collections.abc import Callable

from hubbub.protocol.sip.digest import (
    DigestChallenge,
    DigestCredentials,
    compute_ha1,
    compute_response,
    is_supported,
)
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest, SipResponse

# Where each kind of challenge comes from, and where its answer goes (RFC 3261 §22.2, §22.3).
_FIELDS = (("WWW-Authenticate", "Authorization"), ("Proxy-Authenticate", "Proxy-Authorization"))


class DigestClient:
    """Credentials of one user, and the challenges answered with them so far.

    Args:
        username: account name.
        password: kept in memory for as long as the object lives.
        new_cnonce: gives a fresh unpredictable token at each call: randomness is passed in.
    """

    def __init__(self, username: str, password: str, new_cnonce: Callable[[], str]) -> None:
        self._username = username
        self._password = password
        self._new_cnonce = new_cnonce
        # Per (answering header, realm): the challenge in force and how often its nonce was used.
        self._known: dict[tuple[str, str], tuple[DigestChallenge, int]] = {}

    def __repr__(self) -> str:
        return f"DigestClient({self._username!r})"

    def learn(self, request: SipRequest, response: SipResponse) -> bool:
        """Take the challenges of a 401 or 407 that answered `request`.

        Returns:
            Whether sending again with `authorize` can succeed. False when no challenge is of a kind that we can
            answer, or when `request` already answered for that realm and the server does not call the nonce stale:
            then the password is wrong.
        """
        learned = False
        for asked_in, answered_in in _FIELDS:
            realms: set[str] = set()
            for text in response.headers.get_all(asked_in):
                try:
                    challenge = DigestChallenge.parse(text)
                except SipParseError:
                    continue  # another scheme, or nonsense: RFC 7616 §3.7 lets a client pass over what it cannot use
                # RFC 8760 §2.4: of several challenges for one realm, the topmost that we can answer.
                if challenge.realm in realms or not _is_answerable(challenge):
                    continue
                realms.add(challenge.realm)
                if not challenge.is_stale and self._answered(request, answered_in, challenge):
                    return False
                self._known[answered_in, challenge.realm] = (challenge, 0)
                learned = True
        return learned

    def authorize(self, request: SipRequest) -> None:
        """Put an answer to every challenge known into `request`, in place of answers it already carries."""
        for _, answered_in in _FIELDS:
            request.headers.remove(answered_in)
        for (answered_in, realm), (challenge, count) in self._known.items():
            count += 1
            self._known[answered_in, realm] = (challenge, count)
            request.headers.add(answered_in, str(self._answer(challenge, count, request)))

    def _answer(self, challenge: DigestChallenge, count: int, request: SipRequest) -> DigestCredentials:
        algorithm = challenge.algorithm
        uri = str(request.uri)
        qop = None if not challenge.qop else "auth" if "auth" in challenge.qop else "auth-int"
        # A `-sess` hash needs the cnonce even without qop.
        cnonce = self._new_cnonce() if qop or algorithm.lower().endswith("-sess") else None
        response = compute_response(
            compute_ha1(self._username, challenge.realm, self._password, algorithm),
            method=request.method,
            uri=uri,
            nonce=challenge.nonce,
            algorithm=algorithm,
            qop=qop,
            nonce_count=count,
            cnonce=cnonce or "",
            body=request.body,
        )
        return DigestCredentials(
            username=self._username,
            realm=challenge.realm,
            nonce=challenge.nonce,
            uri=uri,
            response=response,
            algorithm=algorithm,
            qop=qop,
            nonce_count=count if qop else None,
            cnonce=cnonce,
            opaque=challenge.opaque,
        )

    def _answered(self, request: SipRequest, answered_in: str, challenge: DigestChallenge) -> bool:
        """Whether `request` carried an answer for the realm that is now challenged again."""
        for text in request.headers.get_all(answered_in):
            try:
                credentials = DigestCredentials.parse(text)
            except SipParseError:
                continue
            if credentials.realm == challenge.realm and credentials.username == self._username:
                return True
        return False


def _is_answerable(challenge: DigestChallenge) -> bool:
    return is_supported(challenge.algorithm) and (
        not challenge.qop or "auth" in challenge.qop or "auth-int" in challenge.qop
    )
