"""Penalties on the critic's slope: one module each, with build(*, weight, **options)."""
