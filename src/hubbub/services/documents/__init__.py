"""Customers' documents run for a live call."""
