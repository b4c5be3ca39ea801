"""f-divergences: one module each, with build(**options)."""
