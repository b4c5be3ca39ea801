"""Pairs of networks that models share: one module each, with build(shape, latent, outputs, **options)."""
