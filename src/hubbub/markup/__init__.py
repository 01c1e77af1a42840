"""Our one call-control language, sans-IO.

`instructions` is the neutral set that a dialect's markup is read into; `interpreter` runs a document of
them, with `effects` as what goes in and out; `language` is what a dialect must offer. Reads no clock, opens
nothing, knows no vendor. Leaves performing to `services.documents.run_document`.
"""
