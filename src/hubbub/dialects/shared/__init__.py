"""What two or more dialects need, as functions: forms, Basic authentication, dates, XML, JSON strings, ids,
downloads of recordings.

Never a base dialect to inherit from. Nothing here knows a vendor, a store or a server.
"""
