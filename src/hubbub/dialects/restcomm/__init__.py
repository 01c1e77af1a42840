"""Restcomm Connect API 2012-04-24 and RCML. README.md says what is supported, what differs and why."""

from hubbub.dialects.restcomm.dialect import RestcommDialect

DIALECT = RestcommDialect()
