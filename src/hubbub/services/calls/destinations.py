"""Where a call goes: what was written as `To` becomes addresses that SIP can be sent to.

Owns the kinds of destination (a telephone number, a SIP address, a client's name), the choice of the trunk, and the
telephones that a user has registered. Leaves looking names up, redirections and who of several answers to signalling.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from hubbub.domain.application import Trunk, normalise_address
from hubbub.domain.errors import InvalidValue, Refusal
from hubbub.domain.ids import AccountId
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.uri import SipUri, escape_user
from hubbub.services.commands import CallWish
from hubbub.services.ports import CallTarget, Clock, OutboundCall, Reader

_NUMBER: Final = re.compile(r"\+?[0-9]{1,15}")
"""E.164 with its plus sign, or a number as it is dialled locally."""
_NAME_LENGTH_MAX: Final = 128
_ADDRESS_LENGTH_MAX: Final = 1600
_HEADERS_MAX: Final = 32
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")


class OwnAddress(NamedTuple):
    """How this server is reached, and how it is known."""

    uri: str
    """Of its SIP endpoint: `sip:host:port`."""
    domain: str
    """Host in the From of our calls, and of its users' addresses."""

    def is_named_by(self, uri: SipUri) -> bool:
        """Whether a SIP address is one of this server's own."""
        own = SipUri.parse(self.uri)
        if uri.port not in (None, own.port):
            return False
        return uri.host.lower() in (own.host.lower(), self.domain.lower())


class Loop(NamedTuple):
    """The credentials with which this server may call itself."""

    username: str
    password: str


class Destination(NamedTuple):
    """A destination that was found sound; where it leads is found out when the call is made."""

    to_address: str
    """As the leg keeps it."""
    number: str | None = None
    """A telephone number, or an address of one of our own."""
    user: str | None = None
    """A user of ours, by the name that he registers with."""
    uri: SipUri | None = None
    """A SIP address elsewhere."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that the address itself asks for."""


class Unreachable(Refusal):
    """The destination is sound, and nobody is there. `status` is what SIP would say of it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Destinations:
    """Finds the way.

    Args:
        reader: knows numbers, trunks and registrations.
        clock: tells which registrations still count.
        loop: how we call ourselves.
        default_trunk: the name of the trunk for numbers of accounts that have none; empty: none.
    """

    def __init__(self, reader: Reader, clock: Clock, *, loop: Loop, default_trunk: str) -> None:
        self._reader = reader
        self._clock = clock
        self._loop = loop
        self._default_trunk = default_trunk
        self.own = OwnAddress("sip:127.0.0.1", "127.0.0.1")
        """Set once the endpoint listens."""

    async def check(self, wish: CallWish) -> Destination:
        """The destination of a wish.

        Raises:
            InvalidValue: `to` or `from` is nothing that can be called or call, or no trunk leads to a number.
        """
        _check_from(wish.from_)
        text = wish.to.strip()
        if (
            not text
            or len(text) > _ADDRESS_LENGTH_MAX
            or any(ord(ch) < 0x20 or ord(ch) == 0x7F for ch in text)
        ):
            raise InvalidValue("to", "a number, a SIP address or a client is wanted")
        scheme = text.partition(":")[0].lower()
        if scheme == "client":
            return _client(text)
        if scheme in ("sip", "sips"):
            return await self._sip(text)
        address = normalise_address(text)
        if await self._reader.number(address) is not None:
            return Destination(address, number=address)
        if _NUMBER.fullmatch(address) is None:
            raise InvalidValue("to", f"{text!r} is no E.164 number, SIP address or client")
        await self._trunk(wish.account.id)
        return Destination(address, number=address)

    async def _sip(self, text: str) -> Destination:
        try:
            uri = SipUri.parse(text)
        except SipParseError as error:
            raise InvalidValue("to", f"{text!r} is no SIP address: {error}") from None
        headers = tuple([(unquote(name), unquote(value)) for name, value in uri.headers])
        plain = SipUri(uri.scheme, uri.user, None, uri.host, uri.port, uri.params)
        destination = Destination(str(plain), uri=plain, headers=_custom(headers, as_they_are=True))
        user = uri.decoded_user
        if user is None or not self.own.is_named_by(uri):
            return destination
        if await self._reader.number(user) is not None:
            return destination._replace(uri=None, number=user)
        return destination._replace(uri=None, user=user)

    async def _trunk(self, account_id: AccountId) -> Trunk:
        """The trunk that an account's numbers are called through."""
        trunks = [trunk for trunk in await self._reader.trunks() if trunk.target]
        own = [trunk for trunk in trunks if trunk.account_id == account_id]
        own += [trunk for trunk in trunks if self._default_trunk and trunk.name == self._default_trunk]
        if not own:
            raise InvalidValue(
                "to",
                "no trunk of the account has a target, so that numbers cannot be called: see `hubbub trunk`",
            )
        return own[0]

    async def route(self, wish: CallWish, destination: Destination, call: OutboundCall) -> OutboundCall:
        """`call` with the addresses that the destination means now.

        Raises:
            Unreachable: it means none.
        """
        headers = {**call.headers, **dict(destination.headers)}
        call = call._replace(headers=headers, from_uri=self._from_uri(wish.from_))
        if destination.user is not None:
            return await self._to_user(wish, destination.user, call)
        if destination.uri is not None:
            return call._replace(to_uri=str(destination.uri))
        number = destination.number or ""
        if await self._reader.number(number) is not None:
            own = SipUri.parse(self.own.uri)
            uri = str(SipUri("sip", escape_user(number), None, own.host, own.port))
            return call._replace(
                to_uri=uri,
                username=self._loop.username,
                password=self._loop.password,
                targets=(CallTarget(uri, is_trusted=True),),
            )
        return await self._through_trunk(wish, number, call)

    async def _through_trunk(self, wish: CallWish, number: str, call: OutboundCall) -> OutboundCall:
        try:
            trunk = await self._trunk(wish.account.id)
            target = SipUri.parse(trunk.target or "")
        except (InvalidValue, SipParseError) as refusal:
            raise Unreachable(503, str(refusal)) from None
        uri = str(SipUri(target.scheme, escape_user(number), None, target.host, target.port, target.params))
        username, password = call.username, call.password
        if username is None and trunk.username is not None:
            found = await self._reader.trunk_secret(trunk.username)
            if found is not None:
                username, password = trunk.username, found[1]
        return call._replace(
            to_uri=uri,
            username=username,
            password=password,
            targets=(CallTarget(uri, is_trusted=True),),
        )

    async def _to_user(self, wish: CallWish, user: str, call: OutboundCall) -> OutboundCall:
        known = await self._reader.trunk_secret(user)
        if known is None or known[0].account_id != wish.account.id:
            raise Unreachable(404, f"the account has no SIP user {user!r}")
        now_ms = self._clock.now_ms()
        targets = tuple(
            [
                CallTarget(each.contact_uri, each.source, is_trusted=True)
                for each in await self._reader.registrations(user)
                if each.expires_at_ms > now_ms and each.account_id == wish.account.id
            ]
        )
        if not targets:
            raise Unreachable(480, f"no telephone of SIP user {user!r} is registered")
        uri = SipUri("sip", escape_user(user), None, self.own.domain)
        return call._replace(to_uri=str(uri), targets=targets)

    def _from_uri(self, text: str) -> str:
        """The From of a call: a SIP address as it is, anything else as a user of ours."""
        text = text.strip()
        scheme, colon, rest = text.partition(":")
        if colon and scheme.lower() in ("sip", "sips"):
            uri = SipUri.parse(text)
            return str(SipUri(uri.scheme, uri.user, None, uri.host, uri.port))
        if colon and scheme.lower() == "client":
            text = rest.partition("?")[0]
        return str(SipUri("sip", escape_user(normalise_address(text)), None, self.own.domain))


def from_address(text: str) -> str:
    """`from` as the leg keeps it."""
    return normalise_address(text)


def _check_from(text: str) -> None:
    name = text.strip()
    if not name or len(name) > _NAME_LENGTH_MAX or any(ord(ch) < 0x20 or ord(ch) == 0x7F for ch in name):
        raise InvalidValue("from", f"a caller of 1 to {_NAME_LENGTH_MAX} characters is wanted")
    if name.partition(":")[0].lower() in ("sip", "sips") and ":" in name:
        try:
            SipUri.parse(name)
        except SipParseError as error:
            raise InvalidValue("from", f"{name!r} is no SIP address: {error}") from None


def _client(text: str) -> Destination:
    """`client:NAME?name=value&…` (https://www.twilio.com/docs/voice/twiml/client#custom-parameters)."""
    name, _, query = text.partition(":")[2].partition("?")
    user = unquote(name)
    if not user or len(user) > _NAME_LENGTH_MAX:
        raise InvalidValue("to", f"a client has a name of 1 to {_NAME_LENGTH_MAX} characters")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Destination(f"client:{user}", user=user, headers=_custom(pairs, as_they_are=False))


def _custom(pairs: tuple[tuple[str, str], ...], *, as_they_are: bool) -> tuple[tuple[str, str], ...]:
    """Headers of an address. Those of a SIP address must be custom ones already; a client's parameters become such."""
    headers = []
    for name, value in pairs[:_HEADERS_MAX]:
        known = name.lower().startswith("x-")
        if as_they_are and not known and name.lower() != "user-to-user":
            continue  # RFC 3261 §19.1.5: what could change how a call is routed is not taken from an address
        header = name if known or as_they_are else f"X-{name}"
        if _HEADER_NAME.fullmatch(header) is None or any(ord(ch) < 0x20 or ord(ch) == 0x7F for ch in value):
            raise InvalidValue("to", f"{name!r} cannot be sent as a SIP header")
        headers.append((header, value))
    return tuple(headers)
