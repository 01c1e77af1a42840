"""Sound from a URL, a text or the stock: the `ClipSource`.

Owns when a sound is fetched, asked about or taken from memory. Decoding happens in a small thread pool: it
takes milliseconds that no call's signalling should wait for. Leaves HTTP to whoever can `fetch_sound`.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol
from urllib.parse import urlsplit

from hubbub.clips.cache import Cached, ClipCache, lifetime_s
from hubbub.clips.decoder import ClipLimits, decode
from hubbub.clips.single_flight import SingleFlight
from hubbub.clips.speech import SpeechEngine, speakable, voice_for
from hubbub.clips.stock import stock_clip
from hubbub.services.ports import Clip, FetchFailed, FetchRequest

MARKUP_SHARE: Final = 4
"""How much longer a text may be with its markup than without."""
SPEECH_LIFETIME_S: Final = 86_400.0
DECODERS: Final = 2


class SoundAnswer(Protocol):
    """An HTTP answer."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class SoundWeb(Protocol):
    async def fetch_sound(self, request: FetchRequest) -> SoundAnswer:
        """The answer with its body, if its status is below 400. Raises FetchFailed."""


class StoredClipSource:
    """`services.ports.ClipSource`, with a memory."""

    def __init__(self, web: SoundWeb, speech: SpeechEngine, limits: ClipLimits) -> None:
        self._web = web
        self._speech = speech
        self._limits = limits
        self._cache = ClipCache(limits.cache_bytes_max)
        self._flights: SingleFlight[Clip] = SingleFlight()
        self._pool = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")

    async def load(self, request: FetchRequest) -> Clip:
        """The sound at a URL, from memory where its server's headers allow (RFC 9111)."""
        url = request.url.partition("#")[0]
        # The password is part of the key: who does not know it must not hear what it guards.
        key = ("url", url, request.username, request.password)
        cached = self._cache.get(key)
        if cached is not None and self._now_s() < cached.fresh_until_mono_s:
            return cached.clip
        return await self._flights.run(key, lambda: self._fetch(key, request, cached))

    async def speak(self, text: str, *, voice: str, language: str, ssml: str = "") -> Clip:
        wanted = voice_for(voice, language)
        said = speakable(text, self._limits.speech_characters_max)
        marked = speakable(ssml, self._limits.speech_characters_max * MARKUP_SHARE) if ssml else ""
        key = ("speech", said, marked, wanted)
        cached = self._cache.get(key)
        if cached is not None and self._now_s() < cached.fresh_until_mono_s:
            return cached.clip

        async def work() -> Clip:
            sound = await self._speech.speak(said, wanted, marked)
            clip = Clip(await self._decode(sound), f"speech {said[:40]!r}")
            self._cache.put(key, Cached(clip, self._now_s() + SPEECH_LIFETIME_S, None, None))
            return clip

        return await self._flights.run(key, work)

    def stock(self, name: str) -> Clip:
        return stock_clip(name)

    async def aclose(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _fetch(self, key: tuple[object, ...], request: FetchRequest, cached: Cached | None) -> Clip:
        conditions = cached.conditions if cached is not None else ()
        answer = await self._web.fetch_sound(
            request._replace(
                headers=(*request.headers, ("Accept", "audio/*, */*;q=0.5"), *conditions),
                body_bytes_max=self._limits.file_bytes_max,
                timeout_s=self._limits.fetch_timeout_s,
            )
        )
        lifetime = lifetime_s(answer.headers)
        if answer.status == 304 and cached is not None:
            clip = cached.clip
        elif answer.status == 200:
            clip = Clip(await self._decode(answer.body), _name(request.url))
        else:
            raise FetchFailed("status", f"the server answered {answer.status}", answer.status)
        etag = answer.headers.get("etag", cached.etag if cached and answer.status == 304 else None)
        modified = answer.headers.get(
            "last-modified", cached.last_modified if cached and answer.status == 304 else None
        )
        if lifetime is None or (lifetime == 0 and etag is None and modified is None):
            self._cache.drop(key)
        else:
            self._cache.put(key, Cached(clip, self._now_s() + lifetime, etag, modified))
        return clip

    async def _decode(self, body: bytes) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._pool, decode, body, self._limits)

    @staticmethod
    def _now_s() -> float:
        """The loop's own clock, which is simulated time on a simulated loop."""
        return asyncio.get_running_loop().time()


def _name(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2] or "sound"
