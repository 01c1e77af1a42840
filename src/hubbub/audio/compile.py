"""How kernels are compiled, and where the result is kept.

All of `audio` and `media` is compiled alike: no GIL while it runs, bounds checked, cached on disk. With NUMBA_DISABLE_JIT=1 the same functions run as plain Python.

Numba keeps a compiled function for as long as the file that holds it is unchanged; it does not see a change
in a function that was inlined from another file. So the cache folder is named for a digest of all kernel
sources: a new version of the code never runs old machine code, and an old folder is merely unused.
"""

import hashlib
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

config: Any = numba.config
_jit: Any = numba.njit
_INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
wide = cast(Callable[[Any], int], np.int64)
"""A number as 64 bits, compiled and plain alike: a byte shifted as a byte would lose its top."""

_PACKAGE = Path(__file__).resolve().parent.parent
_KERNEL_FOLDERS = (_PACKAGE / "audio", _PACKAGE / "media", _PACKAGE / "media" / "core")


def source_digest() -> str:
    """Sixteen hex digits that change with any kernel source, Numba or the processor's kind."""
    digest = hashlib.sha256(f"{numba.__version__} {platform.machine()}".encode())
    for folder in _KERNEL_FOLDERS:
        for source in sorted(folder.glob("*.py")):
            digest.update(source.name.encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where compiled code goes: under NUMBA_CACHE_DIR, the package, the user's cache, or a temporary folder.

    The first that can be written wins, so an installation by another user works too.
    """
    name = f"kernels-{source_digest()}"
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen) / name
    user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    for base in (_PACKAGE / "__pycache__", user_cache / "hubbub"):
        try:
            base.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(base, os.W_OK | os.X_OK):
            return base / name
    return Path(tempfile.gettempdir()) / f"hubbub-{os.getuid()}" / name


def is_compiling() -> bool:
    """False when NUMBA_DISABLE_JIT makes every kernel plain Python."""
    return not config.DISABLE_JIT


config.CACHE_DIR = str(cache_folder())
if "NUMBA_OPT" not in os.environ:
    # Loops over samples are vectorised all the same; the rest gains nothing measurable from more, and compiles
    # half as long again.
    config.OPT = type(config.OPT)(1)


def compiled(function: Function) -> Function:
    """Compile `function` on first use: no GIL, bounds checked (IndexError), cached. Python may call it."""
    return cast(Function, _jit(nogil=True, cache=True, boundscheck=True)(function))


def kernel(function: Function) -> Function:
    """As `compiled`, for loops over samples, without a check at every index: that would keep them from being
    vectorised, and they are most of the work. So each of them checks its ranges once, at its head, by `require`.
    """
    return cast(Function, _jit(nogil=True, cache=True, boundscheck=False)(function))


def inner(function: Function) -> Function:
    """As `compiled`, but only compiled code may call it, and it must not allocate.

    Leaving out the entrance from Python and the counting of references takes away half of the compile time;
    the arrays are kept alive by whoever called from outside. In plain Python it is an ordinary function.
    """
    return cast(Function, _jit(nogil=True, cache=True, boundscheck=True, **_INNER)(function))


def hot(function: Function) -> Function:
    """As `inner`, and always inlined: for what is done for every packet or every leg.

    A call hands over the whole state, a hundred and more machine words, which takes longer than most of these
    functions. What is rare or big stays `inner`, for every inlining is compiled again.
    """
    return cast(
        Function, _jit(nogil=True, cache=True, boundscheck=True, forceinline=True, **_INNER)(function)
    )


@hot
def require(within: bool) -> None:
    """Raise IndexError unless a kernel's ranges lie in its arrays."""
    if not within:
        raise IndexError("a range outside the array")
