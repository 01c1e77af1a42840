"""The transaction layer: which machine a message belongs to, and carrying out what the machine says.

Owns the two tables of live transactions (RFC 3261 §17.1.3, §17.2.3), the wiring of machines to messages, timers and
peers, and the ACK of a failure (§17.1.1.3). A client's user is one callable per request, which gets every
response; where nobody answered it gets a `LocalFailure`, as §8.1.3.1 wants it (408 for a timeout, 503 for a dead
transport). Leaves to others: dialogs, the ACK of a 2xx, what a request means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from hubbub.protocol.sip.address import Via
from hubbub.protocol.sip.deadlines import Deadlines, Timed
from hubbub.protocol.sip.headers import Headers
from hubbub.protocol.sip.invite_client import InviteClient
from hubbub.protocol.sip.invite_server import InviteServer
from hubbub.protocol.sip.message import SipRequest, SipResponse, response_to
from hubbub.protocol.sip.non_invite_client import NonInviteClient
from hubbub.protocol.sip.non_invite_server import NonInviteServer
from hubbub.protocol.sip.routing import Peer, response_peer
from hubbub.protocol.sip.transaction import Action, Actions, Event, State, Transaction, event_of_status

ServerKey: TypeAlias = tuple[object, ...]
MergeKey: TypeAlias = tuple[str, str | None, int, str]
ResponseHandler: TypeAlias = "Callable[[ClientTransaction, SipResponse, float], None]"


class LocalFailure(SipResponse):
    """A response that nobody sent: 408 when the transaction timed out, 503 when the transport failed."""

    __slots__ = ()


class ClientTransaction(Timed):
    """A request that we sent."""

    __slots__ = ("attempt", "data", "handler", "key", "layer", "machine", "peer", "request")

    def __init__(
        self,
        layer: TransactionLayer,
        machine: Transaction,
        request: SipRequest,
        peer: Peer,
        handler: ResponseHandler,
        key: tuple[str, str],
    ) -> None:
        super().__init__()
        self.layer = layer
        self.machine = machine
        self.request = request
        self.peer = peer
        self.handler: ResponseHandler | None = handler
        self.key = key
        self.data = request.to_bytes()
        self.attempt = 0
        """How many digest challenges led to this request."""

    def fire(self, now: float) -> None:
        self.layer.perform_client(self, self.machine.handle_timers(now), None, now)

    @property
    def is_over(self) -> bool:
        """Whether the transaction has ended."""
        return self.machine.state is State.TERMINATED


class ServerTransaction(Timed):
    """A request that we received."""

    __slots__ = (
        "_request",
        "data",
        "is_merged",
        "key",
        "layer",
        "machine",
        "merge_key",
        "on_cancel",
        "peer",
        "source",
        "to_tag",
    )

    def __init__(
        self,
        layer: TransactionLayer,
        machine: Transaction,
        request: SipRequest,
        source: Peer,
        via: Via,
        key: ServerKey,
    ) -> None:
        super().__init__()
        self.layer = layer
        self.machine = machine
        self._request: SipRequest | None = request
        self.source = source
        self.peer = response_peer(via, source)
        self.key = key
        self.data: bytes | None = None
        self.on_cancel: Callable[[float], None] | None = None
        """What a matching CANCEL does; set by whoever can still be cancelled."""
        self.merge_key: MergeKey | None = None
        self.is_merged = False
        """Whether this request outside any dialog came already by another path (RFC 3261 §8.2.2.2)."""
        self.to_tag: str | None = None
        """The To tag of our responses, once there is a call; a CANCEL's answer has the same (RFC 3261 §9.2)."""

    def fire(self, now: float) -> None:
        self.layer.perform_server(self, self.machine.handle_timers(now), now)

    @property
    def request(self) -> SipRequest:
        """The request, until it has its final response: a transaction lives on for 32 s only to repeat that."""
        assert self._request is not None
        return self._request

    def answered(self) -> None:
        """A final response was sent: nobody can cancel any more, and the request is let go of."""
        self._request = None
        self.on_cancel = None

    @property
    def is_answered(self) -> bool:
        """Whether a final response was sent."""
        return self.machine.state not in (State.TRYING, State.PROCEEDING)


class TransactionLayer:
    """All live transactions of one user agent.

    Args:
        deadlines: the queue of timers shared with the rest of the user agent.
        send: takes what goes on the wire.
        trying_after_s: when 100 Trying is sent for a user that is silent.
    """

    def __init__(
        self, deadlines: Deadlines, send: Callable[[Peer, bytes], None], trying_after_s: float
    ) -> None:
        self._deadlines = deadlines
        self._send = send
        self._trying_after_s = trying_after_s
        self.clients: dict[tuple[str, str], ClientTransaction] = {}
        self.servers: dict[ServerKey, ServerTransaction] = {}
        self._merge_keys: dict[MergeKey, ServerKey] = {}

    # --- client ---------------------------------------------------------------------------------------

    def request(
        self, request: SipRequest, branch: str, peer: Peer, handler: ResponseHandler, now: float
    ) -> ClientTransaction:
        """Sends a request, whose one Via is ours with `branch`, and hands every response to `handler`."""
        reliable = peer.is_reliable
        machine: Transaction
        if request.method == "INVITE":
            machine = InviteClient(now, reliable=reliable)
        else:
            machine = NonInviteClient(now, reliable=reliable)
        key = (branch, request.method)
        transaction = ClientTransaction(self, machine, request, peer, handler, key)
        self.clients[key] = transaction
        self._send(peer, transaction.data)
        self._deadlines.arm(transaction, machine.wake_at)
        return transaction

    def receive_response(self, response: SipResponse, via: Via, now: float) -> bool:
        """Hands a response to the transaction it answers; False when there is none (RFC 3261 §17.1.3)."""
        transaction = self.clients.get((via.branch or "", response.cseq.method))
        if transaction is None:
            return False
        actions = transaction.machine.step(event_of_status(response.status), now)
        self.perform_client(transaction, actions, response, now)
        return True

    def abandon(self, transaction: ClientTransaction) -> None:
        """Forgets a client transaction whose peer will never answer."""
        transaction.machine.state = State.TERMINATED
        self._settle_client(transaction)

    def perform_client(
        self, transaction: ClientTransaction, actions: Actions, response: SipResponse | None, now: float
    ) -> None:
        """Does what a client machine said."""
        handler = transaction.handler
        for action in actions:
            if action is Action.SEND:
                self._send(transaction.peer, transaction.data)
            elif action is Action.ACKNOWLEDGE:
                assert response is not None
                self._send(transaction.peer, _failure_ack(transaction.request, response).to_bytes())
        self._settle_client(transaction)
        # The user comes last: what it does may send further requests, and this transaction is settled by then.
        for action in actions:
            if handler is None or action is Action.SEND or action is Action.ACKNOWLEDGE:
                continue
            if action is Action.PASS_UP:
                assert response is not None
                handler(transaction, response, now)
            else:
                status = 408 if action is Action.TIMED_OUT else 503
                handler(transaction, _local_failure(transaction.request, status), now)

    def _settle_client(self, transaction: ClientTransaction) -> None:
        if transaction.machine.state is State.TERMINATED:
            self._deadlines.disarm(transaction)
            self.clients.pop(transaction.key, None)
            transaction.handler = None
        else:
            self._deadlines.arm(transaction, transaction.machine.wake_at)

    # --- server ---------------------------------------------------------------------------------------

    def find_cancelled(self, request: SipRequest) -> ServerTransaction | None:
        """The INVITE transaction that a CANCEL means (RFC 3261 §9.2)."""
        return self.servers.get(server_key(request, request.top_via, "INVITE"))

    def accept(
        self, request: SipRequest, source: Peer, via: Via, key: ServerKey, now: float
    ) -> ServerTransaction:
        """Opens the transaction of a new request; `via` is its stamped top Via."""
        reliable = source.is_reliable
        machine: Transaction
        if request.method == "INVITE":
            machine = InviteServer(now, reliable=reliable, trying_after_s=self._trying_after_s)
        else:
            machine = NonInviteServer(reliable=reliable)
        transaction = ServerTransaction(self, machine, request, source, via, key)
        self.servers[key] = transaction
        if request.to_addr.tag is None:
            merge_key = _merge_key(request)
            if self._merge_keys.setdefault(merge_key, key) is key:
                transaction.merge_key = merge_key
            else:
                transaction.is_merged = True
        if machine.resend_at <= now:
            self.perform_server(transaction, machine.handle_timers(now), now)
        else:
            self._deadlines.arm(transaction, machine.wake_at)
        return transaction

    def repeat(self, transaction: ServerTransaction, request: SipRequest, now: float) -> bool:
        """A matching request came again, or an ACK; True when it is an ACK that the user should see."""
        event = Event.ACK if request.method == "ACK" else Event.REQUEST
        actions = transaction.machine.step(event, now)
        self.perform_server(transaction, actions, now)
        return Action.PASS_UP in actions

    def respond(self, transaction: ServerTransaction, response: SipResponse, now: float) -> None:
        """Sends a response. A second final response is ignored, except a 2xx to INVITE that is repeated."""
        if transaction.machine.state is State.TERMINATED:
            return
        event = event_of_status(response.status)
        if (transaction.machine.state, event) not in transaction.machine.TABLE:
            return
        transaction.data = response.to_bytes()
        if response.status >= 200:
            transaction.answered()
        self.perform_server(transaction, transaction.machine.step(event, now), now)

    def forget(self, transaction: ServerTransaction, now: float) -> None:
        """Ends a server transaction at once: its answer is not repeated, and a repeated request counts as new."""
        transaction.machine.state = State.TERMINATED
        self.perform_server(transaction, (), now)

    def perform_server(self, transaction: ServerTransaction, actions: Actions, now: float) -> None:
        """Does what a server machine said."""
        for action in actions:
            if action is Action.SEND and transaction.data is not None:
                self._send(transaction.peer, transaction.data)
            elif action is Action.SEND_TRYING and transaction.data is None:
                transaction.data = response_to(transaction.request, 100).to_bytes()
                self._send(transaction.peer, transaction.data)
        if transaction.machine.state is State.TERMINATED:
            self._deadlines.disarm(transaction)
            self.servers.pop(transaction.key, None)
            transaction.on_cancel = None
            if transaction.merge_key is not None:
                self._merge_keys.pop(transaction.merge_key, None)
        else:
            self._deadlines.arm(transaction, transaction.machine.wake_at)

    # --- both -----------------------------------------------------------------------------------------

    def transport_failed(self, peer: Peer, now: float) -> None:
        """The transport cannot reach a peer: its waiting client transactions end with 503 (§17.1.4, §8.1.3.1)."""
        for client in [each for each in self.clients.values() if each.peer == peer]:
            actions = client.machine.step(Event.TRANSPORT_FAILED, now)
            self.perform_client(client, actions, None, now)
        for server in [each for each in self.servers.values() if each.peer == peer]:
            self.perform_server(server, server.machine.step(Event.TRANSPORT_FAILED, now), now)


def server_key(request: SipRequest, via: Via, method: str | None = None) -> ServerKey:
    """What identifies a server transaction (RFC 3261 §17.2.3); an ACK has its INVITE's key.

    Without the magic cookie the branch proves nothing (RFC 2543), and the key is made of everything that a repeated
    request has in common with the first.
    """
    wanted = method or request.method
    if wanted == "ACK":
        wanted = "INVITE"
    if via.has_rfc3261_branch:
        return (via.branch, via.host, via.port, wanted)
    return (
        request.call_id,
        request.cseq.number,
        request.from_addr.tag,
        via.host,
        via.port,
        via.branch,
        str(request.uri),
        wanted,
    )


def _merge_key(request: SipRequest) -> MergeKey:
    cseq = request.cseq
    return (request.call_id, request.from_addr.tag, cseq.number, cseq.method)


def _local_failure(request: SipRequest, status: int) -> LocalFailure:
    response = response_to(request, status)
    return LocalFailure(status, response.reason, response.headers)


def _failure_ack(request: SipRequest, response: SipResponse) -> SipRequest:
    """The ACK of a 3xx to 6xx: same branch as the INVITE, To from the response (RFC 3261 §17.1.1.3)."""
    fields: list[tuple[str, str]] = [("Via", request.headers.get("Via") or "")]
    for name, value in request.headers:
        if name in ("From", "Call-ID", "Route", "Max-Forwards"):
            fields.append((name, value))
    fields.append(("To", response.headers.get("To") or ""))
    fields.append(("CSeq", f"{request.cseq.number} ACK"))
    return SipRequest("ACK", request.uri, Headers.adopt(fields))
