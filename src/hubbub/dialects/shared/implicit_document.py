"""Documents that are no markup at all: a sound, or a text.

Owns the rule that Twilio and Restcomm share: a sound is played as it is, and goes round where it is waiting
music; plain text is spoken.
"""

from hubbub.domain.application import WebTarget
from hubbub.markup.instructions import FOREVER, Document, Play, Say
from hubbub.markup.limits import MarkupLimits


def implicit_document(
    kind: str, body: bytes, url: str | None, limits: MarkupLimits, *, waiting: bool
) -> Document | None:
    """The document that a media type alone makes; None: the body is to be read as markup."""
    if kind.startswith("audio/") and url is not None:
        return Document((Play(WebTarget(url, "GET"), FOREVER if waiting else 1),), url)
    if kind == "text/plain":
        text = body.decode("utf-8", "replace").strip()[: limits.text_characters_max]
        return Document((Say(text),) if text else (), url)
    return None
