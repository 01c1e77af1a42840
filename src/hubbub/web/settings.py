"""What an operator may choose about HTTP; documented in docs/settings.md."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WebLimits:
    """What we take from one client, and for how long. Everything past a limit is refused, never cut."""

    body_bytes_max: int = 1_048_576
    """A larger request body is answered 413. No document of the three vendors exceeds 64 KiB."""
    url_bytes_max: int = 16_384
    """A longer request target is answered 414."""
    header_bytes_max: int = 32_768
    """Names and values of one request together; more is answered 431."""
    headers_max: int = 100
    """Header lines of one request; more is answered 431."""
    parameters_max: int = 1_000
    """Query and form parameters together; more is answered 400."""
    header_timeout_s: float = 10.0
    """From the first byte of a request, or the connection, to the end of its headers; then 408."""
    body_timeout_s: float = 20.0
    """From the headers to the end of the body; then 408."""
    idle_timeout_s: float = 30.0
    """How long a kept connection waits for its next request, or for its client to read the last answer."""
    linger_timeout_s: float = 2.0
    """How long the rest of a refused body is read and thrown away, so that the client sees the refusal."""
    connections_max: int = 2_000
    """Open connections; one more is closed at once."""
    requests_max: int = 500
    """Requests being answered at once; one more is answered 503."""
    retry_after_s: int = 1
    """What 503 tells the client to wait."""
    auth_failures_max: int = 10
    """Wrong credentials of one user name from one host in a window, after which they are answered 429 instead
    of 401. Right ones still pass."""
    auth_guesses_max: int = 100
    """Wrong credentials in a window after which unknown ones are answered 429 unexamined: only those that
    have worked before pass. Without this second step a throttle would not slow guessing at all."""
    auth_window_s: float = 60.0
    """How long failures count."""
    idempotency_keep_s: float = 86_400.0
    """How long an answer is given again under the same Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    base_url: str = ""
    """How clients reach us: scheme, host, port. Empty: taken from each request's Host header."""
    trust_forwarded: bool = False
    """Believe X-Forwarded-For, -Proto and -Host. Only behind a proxy that sets them itself."""
    limits: WebLimits = field(default_factory=WebLimits)
