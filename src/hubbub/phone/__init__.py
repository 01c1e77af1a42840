"""A telephone in software: it dials by SIP, speaks, presses keys, and tells what it heard.

`phone` is the telephone, `line` its SIP (with `connections` for TCP), `description` its SDP, `media` its RTP, `sounds`
what it may say, `recording` what it heard, `script` one call from beginning to end. `hubbub call`, `hubbub demo` and the
lab use the same one. It reads no clock but the running loop's, so it runs on real and on simulated time alike.
"""
