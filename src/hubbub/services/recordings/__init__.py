"""Sound that is kept, from the first sample to the last day."""
