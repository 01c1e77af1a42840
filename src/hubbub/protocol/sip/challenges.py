"""Sending a challenged request again (RFC 3261 §22.2, §22.3).

Owns the new request: next CSeq, new branch, credentials. Which challenges can be answered is digest_client.py's.
"""

from __future__ import annotations

from hubbub.protocol.sip.dialog import Dialog
from hubbub.protocol.sip.digest_client import DigestClient
from hubbub.protocol.sip.message import SipRequest, SipResponse
from hubbub.protocol.sip.station import Station
from hubbub.protocol.sip.transactions import ClientTransaction, ResponseHandler


def answer_challenge(
    station: Station,
    credentials: DigestClient,
    transaction: ClientTransaction,
    response: SipResponse,
    handler: ResponseHandler,
    dialog: Dialog | None,
    now: float,
) -> ClientTransaction | None:
    """Sends the request of a 401 or 407 again with credentials.

    Returns:
        The new transaction; None when the challenge cannot be answered, or was answered wrongly or too often before.
    """
    if transaction.attempt >= station.settings.limits.challenges_max:
        return None
    if not credentials.learn(transaction.request, response):
        return None
    request = again(transaction.request, dialog)
    credentials.authorize(request)
    sent = station.send_request(request, transaction.peer, handler, now)
    sent.attempt = transaction.attempt + 1
    return sent


def again(request: SipRequest, dialog: Dialog | None) -> SipRequest:
    """A request to be sent once more as a new one: next CSeq, Via left to the sender. No dialog means an INVITE's own."""
    if dialog is None:
        number = request.cseq.number + 1
    else:
        dialog.local_cseq += 1
        number = dialog.local_cseq
    copy = SipRequest(request.method, request.uri, request.headers.copy(), request.body)
    copy.headers.remove("Via")
    copy.headers.remove("User-Agent")
    copy.headers.set("CSeq", f"{number} {request.method}")
    return copy
