"""HTTP to us: one ASGI application that hands each request to its dialect, and the server that runs it.

Owns limits, throttling, request ids, CORS, health and metrics pages, and what a header looks like on the
wire. Leaves every vendor's answer to `dialects`; speaks no SQL.
"""
