"""Who sent a call on: Diversion (RFC 5806), History-Info (RFC 7044 and RFC 4244), and what is neither."""

import pytest

from hubbub.protocol.sip.diversion import diverting_uri
from hubbub.protocol.sip.headers import Headers


@pytest.mark.parametrize(
    ("fields", "uri"),
    [
        ([], None),
        ([("Diversion", '"Desk" <sip:bob@acme.example>;reason=user-busy;counter=1')], "sip:bob@acme.example"),
        ([("diversion", "<tel:+15550111>;reason=unconditional")], "tel:+15550111"),
        (
            [
                (
                    "Diversion",
                    "<sip:latest@a.example>;reason=no-answer, <sip:first@a.example>;reason=deflection",
                )
            ],
            "sip:latest@a.example",
        ),
        (
            [("Diversion", "<sip:latest@a.example>"), ("Diversion", "<sip:first@a.example>")],
            "sip:latest@a.example",
        ),
        (
            [
                (
                    "History-Info",
                    "<sip:bob@a.example>;index=1, <sip:bob@192.0.2.4>;index=1.1;rc=1,"
                    " <sip:carol@a.example>;index=1.2;mp=1, <sip:carol@192.0.2.5>;index=1.2.1;rc=1.2",
                )
            ],
            "sip:bob@a.example",
        ),
        (
            [
                ("History-Info", "<sip:bob@a.example?Reason=SIP%3Bcause%3D302>;index=1"),
                ("History-Info", "<sip:carol@a.example>;index=2"),
            ],
            "sip:bob@a.example?Reason=SIP%3Bcause%3D302",
        ),
        ([("History-Info", "<sip:room@a.example>;index=1, <sip:room@192.0.2.4>;index=1.1;rc=1")], None),
        ([("History-Info", "<sip:room@a.example>;index=1;mp=9")], None),
        (
            [
                ("Diversion", "<sip:bob@a.example>"),
                ("History-Info", "<sip:carol@a.example?Reason=SIP>;index=1"),
            ],
            "sip:bob@a.example",
        ),
        ([("Diversion", "<<<")], None),
        ([("Diversion", "")], None),
        ([("Diversion", '"unclosed <sip:bob@a.example>')], None),
        ([("History-Info", "nobody")], None),
    ],
)
def test_the_last_who_sent_it_on_is_found(fields: list[tuple[str, str]], uri: str | None) -> None:
    found = diverting_uri(Headers(fields))
    assert (None if found is None else str(found)) == uri
