"""The calls to the system that the media loop makes, as compiled code makes them, and the layouts they need.

Pointers are 64-bit integers. With NUMBA_DISABLE_JIT=1 the same names are ctypes functions. Linux only: every
call but `read` and `write` is Linux's own (recvmmsg(2), sendmmsg(2), epoll(7), clock_nanosleep(2)).
"""

import ctypes
import platform
from typing import Any

import numpy as np
from numba import types

from hubbub.audio.compile import is_compiling

MSG_DONTWAIT = 0x40
CLOCK_MONOTONIC = 1
TIMER_ABSTIME = 1
EPOLLIN = 1
EPOLL_CTL_ADD = 1
EPOLL_CTL_DEL = 2
AF_INET = 2

EVENT_WORDS = 3 if platform.machine() in ("x86_64", "AMD64") else 4
"""32-bit words of a struct epoll_event: packed on x86-64 only."""
EVENT_DATA = EVENT_WORDS - 2

MESSAGE = np.dtype(
    [
        ("name", np.int64),
        ("name_length", np.int64),
        ("vectors", np.int64),
        ("vector_count", np.int64),
        ("control", np.int64),
        ("control_length", np.int64),
        ("flags", np.int64),
        ("length", np.int64),
    ]
)
"""struct mmsghdr of a 64-bit little-endian Linux; its 32-bit fields are each followed by padding or small."""

_C_TYPES = {types.int32: ctypes.c_int32, types.int64: ctypes.c_int64}


def _external(name: str, result: Any, *arguments: Any) -> Any:
    if is_compiling():
        return types.ExternalFunction(name, result(*arguments))
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = _C_TYPES[result]
    function.argtypes = [_C_TYPES[argument] for argument in arguments]
    return function


_int, _pointer = types.int32, types.int64

recvmmsg = _external("recvmmsg", _int, _int, _pointer, _int, _int, _pointer)
sendmmsg = _external("sendmmsg", _int, _int, _pointer, _int, _int)
epoll_wait = _external("epoll_wait", _int, _int, _pointer, _int, _int)
epoll_ctl = _external("epoll_ctl", _int, _int, _int, _int, _pointer)
clock_nanosleep = _external("clock_nanosleep", _int, _int, _int, _pointer, _pointer)
clock_gettime = _external("clock_gettime", _int, _int, _pointer)
read = _external("read", _pointer, _int, _pointer, _pointer)
write = _external("write", _pointer, _int, _pointer, _pointer)
