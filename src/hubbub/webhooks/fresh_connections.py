"""A connection for each request, through aiohttp: for documents and sounds.

A kept connection may be closed just as a POST is sent, and nobody knows then whether it was read; a fresh one is
either made or not, and only making it is tried again.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from yarl import URL

from hubbub.markup.connection import ConnectionRules
from hubbub.services.ports import FetchFailed
from hubbub.webhooks.one_request import (
    Headers,
    RawAnswer,
    ReadBody,
    Step,
    check_encoding,
    is_wanted,
    too_large,
)
from hubbub.webhooks.target_policy import GuardedResolver, Resolver, TargetPolicy

_CHUNK_BYTES: Final = 65_536


class FreshConnections:
    """`one_request.Carrier`. To be made and closed within one running loop."""

    def __init__(
        self, policy: TargetPolicy, resolver: Resolver, *, connections_max: int, connect_timeout_s: float
    ) -> None:
        self._connect_timeout_s = connect_timeout_s
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(policy, resolver),
            use_dns_cache=False,
            limit=connections_max,
            force_close=True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def aclose(self) -> None:
        await self._session.close()

    async def carry(
        self,
        step: Step,
        headers: Headers,
        rules: ConnectionRules,
        read_body: ReadBody,
        body_bytes_max: int,
        deadline_s: float,
    ) -> RawAnswer:
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=rules.connect_timeout_s or self._connect_timeout_s,
            sock_read=rules.read_timeout_s,
        )
        try:
            async with (
                asyncio.timeout_at(deadline_s),
                self._session.request(
                    step.method,
                    # As written, where it can be: a signed URL must not be spelled anew.
                    URL(step.url, encoded=step.url.isascii()),
                    headers=headers,
                    data=step.body or None,
                    allow_redirects=False,
                    timeout=timeout,
                ) as response,
            ):
                answer_headers = _lowered(response)
                body = b""
                if is_wanted(read_body, response.status, answer_headers):
                    check_encoding(answer_headers)
                    body = await _read(response, body_bytes_max)
                # What is left of the answer is not waited for.
                response.close()
                return RawAnswer(response.status, answer_headers, body)
        except aiohttp.ConnectionTimeoutError:
            # Before TimeoutError, whose child it is.
            raise FetchFailed("connect", "no connection in time") from None
        except aiohttp.SocketTimeoutError:
            raise FetchFailed("timeout", f"nothing came within {rules.read_timeout_s or 0:g} s") from None
        except aiohttp.ClientConnectorError as error:
            raise FetchFailed("connect", f"no connection: {_reason(error)}") from None
        except (aiohttp.InvalidURL, ValueError) as error:
            raise FetchFailed("refused-target", f"not a usable URL: {error}") from None
        except TimeoutError:
            # The deadline, of which only the exchange knows how long it was.
            raise
        except (aiohttp.ClientError, OSError, EOFError) as error:
            raise FetchFailed("protocol", f"the exchange broke off: {_reason(error)}") from None


def _lowered(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    headers = {name.lower(): value for name, value in response.headers.items()}
    challenges: list[Any] = response.headers.getall("WWW-Authenticate", [])
    if len(challenges) > 1:
        headers["www-authenticate"] = ", ".join(challenges)
    return headers


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    if (response.content_length or 0) > bytes_max:
        raise too_large(response.status, bytes_max)
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        size += len(chunk)
        if size > bytes_max:
            raise too_large(response.status, bytes_max)
        parts.append(chunk)
    return b"".join(parts)


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
