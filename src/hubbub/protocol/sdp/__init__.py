"""Session descriptions (RFC 8866) and, apart from them, offers and answers (RFC 3264).

`session` and `lines` say what one description holds, `capabilities` what we can do, `offer_answer` what two
descriptions agree on, `errors` why they do not. Sans-IO; knows nothing of SIP.
"""
