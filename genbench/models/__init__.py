"""Models: one module a family, each with build(shape, **options)."""
