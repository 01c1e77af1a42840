"""SIP (RFC 3261 and its extensions), sans-IO: bytes and time in; bytes, events and the next deadline out.

The message layer is `uri`, `grammar`, `headers`, `address`, `values`, `message`, `parser`, `stream` and `digest`; upon
it stand transactions, dialogs and the user agent. No socket and no clock: `endpoints.sip` has those.
"""
