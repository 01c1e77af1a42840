"""Bodies of Twilio's POSTs: forms, read strictly, each wrong value with the number its dictionary has for it.

https://www.twilio.com/docs/usage/requests-to-twilio and https://www.twilio.com/docs/api/errors. Owns reading
and checking of single values; which belong together is for the files of the resources. Unknown names are
ignored, of a repeated one the last counts where one is wanted; lists are repeated names, words in one value, or
both.
"""

from collections.abc import Collection, Iterable
from typing import Final

from hubbub.dialects.contract import HttpRequest
from hubbub.dialects.shared.multipart import BadMultipart, is_multipart, parse_multipart
from hubbub.dialects.shared.query import Pairs, parse_form
from hubbub.dialects.twilio.callback_words import split_words
from hubbub.dialects.twilio.errors import TwilioError, invalid
from hubbub.domain.application import WebTarget
from hubbub.markup.urls import resolve_url

INVALID: Final = 20001
INVALID_METHOD: Final = 21209
METHODS: Final = ("GET", "POST")
_CUT: Final = 80
"""How much of a wrong value is said back."""


class Form:
    """The parameters of one request. Every reader raises a 400 `TwilioError` for a value that breaks its rule."""

    def __init__(self, pairs: Pairs) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def text(self, name: str) -> str | None:
        """The value as sent, which may be empty; None when it was not sent."""
        values = self._values.get(name)
        return None if values is None else values[-1]

    def filled(self, name: str) -> str | None:
        """The value without white space round it; None when nothing is left."""
        return (self.text(name) or "").strip() or None

    def flag(self, name: str) -> bool | None:
        """True for `true` in any letter case, or 1; False for anything else; None when it was not sent."""
        text = self.text(name)
        return None if text is None else text.strip().lower() in ("true", "1")

    def words(self, name: str, known: Collection[str], default: Iterable[str]) -> tuple[str, ...]:
        """The words of a list; `default` when none was sent."""
        words = [word for value in self._values.get(name, ()) for word in split_words(value)]
        for word in words:
            if word not in known:
                raise invalid(name, f"{word[:_CUT]!r} is none of {', '.join(known)}")
        return tuple(words) or tuple(default)

    def choice(
        self, name: str, choices: Collection[str], default: str | None = None, *, code: int = INVALID
    ) -> str | None:
        """One of `choices` in any letter case, spelled as there."""
        text = self.filled(name)
        if text is None:
            return default
        for choice in choices:
            if choice.lower() == text.lower():
                return choice
        raise wrong(name, f"it is one of {', '.join(choices)}", code)

    def number(self, name: str, least: int, most: int, *, code: int = INVALID) -> int | None:
        text = self.filled(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or not least <= int(text) <= most:
            raise wrong(name, f"it is a whole number from {least} to {most}", code)
        return int(text)

    def url(self, name: str, *, code: int = INVALID) -> str | None:
        """An absolute http or https URL; None when it was not sent or is empty."""
        text = self.filled(name)
        if text is None:
            return None
        url = resolve_url(None, text)
        if url is None:
            raise wrong(name, "it is an absolute http or https URL", code)
        return url

    def method(self, name: str, default: str) -> str:
        return self.choice(name, METHODS, default, code=INVALID_METHOD) or default

    def target(
        self, name: str, method_name: str, default_method: str = "POST", *, code: int = INVALID
    ) -> WebTarget | None:
        """The URL and method of two parameters; None without a URL. The method is checked all the same."""
        url, method = self.url(name, code=code), self.method(method_name, default_method)
        return None if url is None else WebTarget(url, method)

    def has_any(self, *names: str) -> bool:
        """Whether any of `names` was sent."""
        return any(name in self._values for name in names)


def read_form(request: HttpRequest) -> Form:
    """The form of a POST, url-encoded or multipart.

    Raises:
        TwilioError: 400 for a multipart body that is none.
    """
    content_type = request.headers.get("content-type", "")
    if not is_multipart(content_type):
        return Form(parse_form(request.body))
    try:
        return Form(parse_multipart(request.body, content_type))
    except BadMultipart as error:
        raise TwilioError(400, f"The request body cannot be read: {error}") from None


def wrong(name: str, rule: str, code: int) -> TwilioError:
    """400, with a code of its own."""
    return TwilioError(400, f"Invalid parameter {name}: {rule}", code=code)
