"""Rows to domain values and back, one file per noun. All SQL stays in `queries/`."""
