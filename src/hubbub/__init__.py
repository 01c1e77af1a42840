"""Hubbub: a self-hosted conference-call server that speaks three vendors' REST dialects."""

__version__ = "0.1.0"
