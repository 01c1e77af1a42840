"""Calls in and out: their legs from the first word to the last."""
