"""Metrics: one module each, with COLUMNS and compute(*, real, fake, ...)."""
