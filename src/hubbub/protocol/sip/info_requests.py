"""Answering INFO within a call (RFC 6086 and the digits that came before it).

Owns the answer to each kind of INFO. What is in a digit's body is info_digits.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.protocol.sip.events import Digit
from hubbub.protocol.sip.info_digits import INFO_TYPES, parse_info_digit
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.transactions import ServerTransaction
from hubbub.protocol.sip.values import ContentType

if TYPE_CHECKING:
    from hubbub.protocol.sip.call import Call


def receive_info(call: Call, transaction: ServerTransaction, request: SipRequest, now: float) -> None:
    """Answers an INFO, and tells the embedder about the digit in it.

    Raises:
        SipParseError: its body or Content-Type cannot be read.
    """
    station = call.station
    if request.headers.get("Info-Package") is not None:
        # RFC 6086 §4.2.2: we announced no package.
        station.respond(transaction, 469, now, fields=[("Recv-Info", "")])
    elif not request.body:
        station.respond(transaction, 200, now)  # a keepalive of older switches
    else:
        stated = request.headers.get("Content-Type")
        media_type = ContentType.parse(stated).media_type if stated else ""
        if media_type not in INFO_TYPES:
            station.respond(transaction, 415, now, fields=[("Accept", ", ".join(INFO_TYPES))])
            return
        pressed = parse_info_digit(media_type, request.body)
        station.respond(transaction, 200, now)
        station.emit(Digit(call, pressed.digit, pressed.duration_ms))
