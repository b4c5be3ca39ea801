"""Adversarial objectives: one module each, with build(**options)."""
