"""What each dialect supports, as pages: `python -m hubbub.dialects.compatibility --check|--write`.

Owns docs/compatibility/. Each `<dialect>.toml` here holds the vendor's operations, taken from its own
description, and the rules of its contract with the test that keeps each; the routes come from the dialect.
"""
