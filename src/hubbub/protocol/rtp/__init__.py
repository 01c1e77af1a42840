"""RTP and RTCP as bytes (RFC 3550), and key presses carried in RTP (RFC 4733).

`packet` is the RTP header, `rtcp` the compound control packet, `telephone_event` the payload of a pressed key.
Everything here reads and writes bytes; nothing knows a socket, a clock or a sample.
"""
