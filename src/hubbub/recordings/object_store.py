"""Finished recordings in an S3-compatible object store, through MinIO's client (the extra `hubbub[s3]`).

Owns the client and the translation of its errors. Blocks; called in threads. Leaves keys and what they mean
to `library`. Ranges are those of HTTP (RFC 9110 §14), which S3's GetObject takes.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_S: Final = 30.0
PARTS_BYTES: Final = 16 << 20
MISSING: Final = frozenset({"NoSuchKey", "NoSuchObject", "NotFound"})


class ObjectStoreSettings(NamedTuple):
    """Where it is, and who we are there."""

    url: str
    """`https://HOST[:PORT]/BUCKET[/PREFIX]`."""
    access_key: str
    secret_key: str
    region: str = "us-east-1"


class ObjectStore:
    """Implements `library.Remote`.

    Raises:
        ValueError: the URL is none.
        ModuleNotFoundError: the extra `hubbub[s3]` is not installed.
    """

    def __init__(self, settings: ObjectStoreSettings) -> None:
        import minio
        import urllib3

        url = urlsplit(settings.url)
        bucket, _, prefix = url.path.strip("/").partition("/")
        if url.scheme not in ("http", "https") or not url.netloc or not bucket:
            raise ValueError(f"{settings.url!r} is not https://HOST/BUCKET")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._failures: tuple[type[Exception], ...] = (
            minio.error.MinioException,
            urllib3.exceptions.HTTPError,
        )
        self._client: Any = minio.Minio(
            url.netloc,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            secure=url.scheme == "https",
            region=settings.region,
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(TIMEOUT_S), retries=urllib3.Retry(2, backoff_factor=0.2)
            ),
        )

    def put(self, key: str, path: Path) -> None:
        self._ask(
            lambda: self._client.fput_object(
                self._bucket, self._prefix + key, str(path), part_size=PARTS_BYTES
            )
        )

    def read(self, key: str, first_byte: int, length: int) -> bytes:
        def get() -> bytes:
            answer = self._client.get_object(
                self._bucket, self._prefix + key, offset=first_byte, length=length
            )
            try:
                return bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()

        return bytes(self._ask(get)) if length else b""

    def size(self, key: str) -> int:
        return int(self._ask(lambda: self._client.stat_object(self._bucket, self._prefix + key)).size)

    def fetch(self, key: str, path: Path) -> None:
        self._ask(lambda: self._client.fget_object(self._bucket, self._prefix + key, str(path)))

    def delete(self, prefix: str) -> None:
        def remove() -> None:
            found = self._client.list_objects(self._bucket, prefix=self._prefix + prefix, recursive=True)
            for each in found:
                self._client.remove_object(self._bucket, each.object_name)

        self._ask(remove)

    def _ask(self, question: Any) -> Any:
        try:
            return question()
        except self._failures as error:
            if getattr(error, "code", None) in MISSING:
                raise KeyError(str(error)) from error
            raise OSError(f"the object store refuses: {error}") from error
