"""Tricks of adversarial training: one module each, with build(**options)."""
