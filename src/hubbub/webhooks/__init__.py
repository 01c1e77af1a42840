"""Our HTTP to customers: asking their servers for documents and sounds, telling them what happened, and where both may
lead.

`web_client` makes one exchange within limits, over `fresh_connections` or `kept_connections`; `target_policy` says which
addresses may be connected to; `fetcher` and `sender` are the adapters behind `services.ports.DocumentFetcher`.
"""
