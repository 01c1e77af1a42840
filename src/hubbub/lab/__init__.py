"""The laboratory: simulated time, a simulated network, virtual callers. Part of the product, for anybody's tests.

`loop` is an asyncio loop on simulated time, `network` the paths between simulated hosts, `clock` and `entropy` the
twins of the server's own clock and chance.
"""
