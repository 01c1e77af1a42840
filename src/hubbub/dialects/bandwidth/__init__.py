"""Bandwidth Voice API v2 and BXML. README.md says what is supported, what differs and why."""

from hubbub.dialects.bandwidth.dialect import BandwidthDialect

DIALECT = BandwidthDialect()
