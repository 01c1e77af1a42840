"""REGISTER, served: the registrar's rules over the store.

Owns where a binding's calls go: to the address, or over the connection, that the REGISTER came from, whatever its
Contact says, because that is the way through the telephone's NAT (RFC 5626 §5, RFC 3581). Leaves the rules to
`protocol.sip.registrar` and passwords to the gate.
"""

from __future__ import annotations

from hubbub.domain.application import Trunk
from hubbub.protocol.sip.admission import Answered
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.registrar import Binding, RegistrarLimits, address_of_record, register
from hubbub.protocol.sip.routing import Peer
from hubbub.services.ports import Clock, Registration, Store

_AGENT_LENGTH_MAX = 200


class Registrations:
    """Serves REGISTERs.

    Args:
        store: where bindings are kept.
        clock: what expiry is counted by.
        limits: as the operator set them.
    """

    def __init__(self, store: Store, clock: Clock, limits: RegistrarLimits) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits

    async def serve(self, request: SipRequest, source: Peer, user: Trunk) -> Answered:
        """The answer to a REGISTER of a user whose password was right; what it says is stored."""
        try:
            name = address_of_record(request)
        except SipParseError as error:
            return Answered(400, reason=error.reason)
        if not name:
            return Answered(404)
        if name != user.username:
            # §10.3 steps 4 and 5: somebody else's address, or nobody's.
            known = await self._store.read.trunk_secret(name)
            return Answered(404 if known is None else 403)
        try:
            return await self._register(request, source, user, name)
        except SipParseError as error:
            return Answered(400, reason=error.reason)

    async def _register(self, request: SipRequest, source: Peer, user: Trunk, name: str) -> Answered:
        async with self._store.transaction() as tx:
            kept = [
                Binding(each.contact_uri, each.expires_at_ms, each.sip_call_id, each.cseq)
                for each in await tx.registrations(name)
            ]
            answer = register(request, kept, self._clock.now_ms(), self._limits)
            for contact in answer.remove:
                await tx.delete_registration(name, contact)
            agent = request.headers.get("User-Agent")
            for binding in answer.put:
                await tx.put_registration(
                    Registration(
                        username=name,
                        account_id=user.account_id,
                        contact_uri=binding.contact,
                        source=str(source),
                        expires_at_ms=binding.expires_at_ms,
                        sip_call_id=binding.call_id,
                        cseq=binding.cseq,
                        user_agent=None if agent is None else agent[:_AGENT_LENGTH_MAX],
                    )
                )
        return Answered(answer.status, tuple(answer.fields), answer.reason)
