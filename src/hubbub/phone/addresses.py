"""A telephone's addresses: its own, and where those of others lead.

Owns what a user may type as a target. Leaves looking host names up to `line`.
"""

from hubbub.phone.line import Line
from hubbub.phone.settings import PhoneSettings
from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.routing import Peer, uri_peer
from hubbub.protocol.sip.uri import SipUri, escape_user, parse_uri


class Addresses:
    """Of one telephone on its line."""

    def __init__(self, settings: PhoneSettings, line: Line) -> None:
        self._settings = settings
        self._line = line

    @property
    def contact(self) -> str:
        """Where it can be called, as a SIP URI."""
        host = f"[{self._line.host}]" if ":" in self._line.host else self._line.host
        return f"sip:{escape_user(self._settings.user)}@{host}:{self._line.port}"

    @property
    def caller(self) -> NameAddr:
        """Who it says is calling."""
        settings = self._settings
        host = settings.domain or self._line.host
        return NameAddr(settings.display_name, SipUri("sip", escape_user(settings.user), None, host))

    @property
    def credentials(self) -> tuple[str, str] | None:
        if self._settings.username is None:
            return None
        return self._settings.username, self._settings.password or ""

    def target(self, text: str) -> SipUri:
        """What a SIP URI, or a name to be dialled at home, means.

        Raises:
            SipParseError: it is no address.
            ValueError: no `sip:` address, or a name without a home.
        """
        if not text.lower().startswith(("sip:", "sips:")):
            if self._settings.home is None:
                raise ValueError(f"{text!r} is no SIP address, and this telephone has no home server")
            text = f"sip:{escape_user(text)}@{self._settings.home}{self._transport_parameter}"
        uri = parse_uri(text)
        if not isinstance(uri, SipUri) or uri.scheme != "sip":
            raise ValueError(f"{text!r} is not a sip: address")
        return uri

    def home(self) -> tuple[SipUri, NameAddr]:
        """The registrar, and the address that is registered there. Raises RuntimeError without a home."""
        settings = self._settings
        if settings.home is None:
            raise RuntimeError("a telephone without a home has nowhere to register")
        registrar = SipUri.parse(f"sip:{settings.home}{self._transport_parameter}")
        return registrar, NameAddr(None, SipUri("sip", escape_user(settings.user), None, registrar.host))

    async def next_hop(self, uri: SipUri) -> Peer:
        """Where a request for `uri` goes. Raises OSError when its host is not known."""
        wanted = uri_peer(uri)
        if wanted.transport not in ("UDP", "TCP"):
            raise ValueError(f"this telephone speaks UDP and TCP, not {wanted.transport}")
        return wanted._replace(host=await self._line.find(wanted.host))

    @property
    def _transport_parameter(self) -> str:
        transport = self._settings.transport
        return "" if transport == "UDP" else f";transport={transport.lower()}"
