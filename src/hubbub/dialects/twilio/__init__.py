"""Twilio's dialect: REST API 2010-04-01 and TwiML. README.md says what is supported and what differs."""

from hubbub.dialects.twilio.dialect import TwilioDialect

DIALECT = TwilioDialect()
