"""The databases underneath, and every difference between them, each with a name.

`connection.py` is what repositories ask of a database; `sqlite.py` fills it. Another database is one more
file here: its own words for `named_sql`, its own numbering of parameters, its own locking.
"""
