"""Feature extractors: one module each."""
