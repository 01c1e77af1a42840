"""Requests that Hubbub makes in Twilio's dialect: they are signed, and nobody else's are believed.

https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

from examples import web
from starlette.exceptions import HTTPException
from starlette.requests import Request
from twilio.request_validator import RequestValidator


class Signed:
    """Reads requests.

    Args:
        auth_token: the account's secret.
        url: of this application, as Hubbub knows it.
    """

    def __init__(self, auth_token: str, url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._url = url

    async def form(self, request: Request) -> dict[str, str]:
        """The parameters of a POST. Raises HTTPException 403 when its signature is not Hubbub's."""
        parameters = await web.form(request)
        signature = request.headers.get("X-Twilio-Signature", "")
        if not self._validator.validate(self._url + request.url.path, parameters, signature):
            raise HTTPException(403)
        return parameters
