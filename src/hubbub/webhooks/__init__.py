"""Our HTTP to customers: asking their servers for documents and sounds, and where that may lead.

`web_client` makes one exchange within limits, `target_policy` says which addresses may be connected to,
`fetcher` is the adapter behind `services.ports.DocumentFetcher`.
"""
