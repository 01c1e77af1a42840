"""Tests in real time run one after another on one of xdist's workers, whatever the other workers do meanwhile.

They have phones and ports of the machine, and ears that a busy machine deafens. xdist groups tests by a mark that it
writes into their ids, which pytest has not let it since 9.2: here the folder says it.

https://pytest-xdist.readthedocs.io/en/stable/distribution.html
"""

from typing import Final

from xdist.scheduler import LoadGroupScheduling

REAL_TIME: Final = ("tests/interop/", "tests/scenarios/over_real_sip/")
GROUP: Final = "interop"


class RealTimeApart(LoadGroupScheduling):
    """As `--dist loadgroup`, with all tests of real time in one group."""

    def _split_scope(self, nodeid: str) -> str:
        return GROUP if nodeid.startswith(REAL_TIME) else super()._split_scope(nodeid)
