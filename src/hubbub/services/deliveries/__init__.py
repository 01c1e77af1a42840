"""Telling subscribers what the log holds."""
