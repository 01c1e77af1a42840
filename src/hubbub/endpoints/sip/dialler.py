"""Sends INVITEs to where they may go.

Owns the guard of our own network: an address that a customer wrote, or that a far end redirects to, is held against
the policy, by number and not by name. The name is looked up before the INVITE goes out, and that is sent to the
address that was found. What follows goes where the far end says, but from a public address to no private one
(`protocol.sip.routing.reachable_peer`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from hubbub.endpoints.sip.leg import Leg
from hubbub.endpoints.sip.search import Search, Target
from hubbub.endpoints.sip.shell import SipShell
from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.errors import SipError
from hubbub.protocol.sip.routing import Peer, uri_peer
from hubbub.protocol.sip.station import Fields
from hubbub.services.ports import Log

Permits = Callable[[str], bool]
"""Whether this IP address may be called by customers."""


class Invitation(NamedTuple):
    """What all INVITEs of one leg have in common."""

    leg: Leg
    from_addr: NameAddr
    to_addr: NameAddr
    headers: Fields
    credentials: tuple[str, str] | None
    sdp: bytes


class Dialler:
    """Sends INVITEs for all legs.

    Args:
        shell: the user agent on the network.
        permits: the policy.
        log: told of what is refused.
    """

    def __init__(self, shell: SipShell, permits: Permits, log: Log) -> None:
        self._shell = shell
        self._permits = permits
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()

    def dial(self, invitation: Invitation, search: Search, target: Target) -> None:
        """Implements `search.Dial`, for one invitation."""
        if target.is_trusted:
            self._invite(invitation, search, target)
            return
        try:
            host = uri_peer(target.uri).host
        except SipError as error:
            self._refuse(search, target, str(error))
            return
        address = self._shell.literal(host)
        if address is None:
            task = asyncio.get_running_loop().create_task(self._look_up(invitation, search, target, host))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._judge(invitation, search, target, address)

    def close(self) -> None:
        """Look nothing up any more."""
        for task in self._tasks:
            task.cancel()

    async def _look_up(self, invitation: Invitation, search: Search, target: Target, host: str) -> None:
        try:
            address = await self._shell.look_up(host)
        except OSError:
            if not search.is_over:
                self._shell.do(lambda now: self._refuse(search, target, f"{host} has no address"))
            return
        if not search.is_over:
            self._shell.do(lambda now: self._judge(invitation, search, target, address))

    def _judge(self, invitation: Invitation, search: Search, target: Target, address: str) -> None:
        if self._permits(address):
            self._invite(invitation, search, target, uri_peer(target.uri)._replace(host=address))
        else:
            self._refuse(search, target, f"{address} may not be called")

    def _invite(
        self, invitation: Invitation, search: Search, target: Target, address: Peer | None = None
    ) -> None:
        try:
            call = self._shell.agent.invite(
                target.uri,
                invitation.from_addr,
                invitation.to_addr,
                self._shell.now(),
                sdp=invitation.sdp,
                headers=invitation.headers,
                credentials=invitation.credentials if target.has_credentials else None,
                next_hop=target.next_hop,
                address=address,
            )
        except (SipError, ValueError) as error:
            self._refuse(search, target, str(error))
            return
        call.context = invitation.leg
        search.dialled(call, target)

    def _refuse(self, search: Search, target: Target, why: str) -> None:
        self._log.info("an address cannot be called", to=str(target.uri), why=why)
        search.failed()
