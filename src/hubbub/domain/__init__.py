"""The nouns of a conference server and their rules.

Owns what is true of an account, a call, a conference and its participants, whoever asks. Imports the
standard library only. Leaves wire formats to `protocol`, vendors' words to `dialects`, storage to
`storage`, sound to `media`.
"""
