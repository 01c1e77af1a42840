"""Use cases: one verb a file. They ask the ports for what they need and know no vendor, no wire, no SQL."""
