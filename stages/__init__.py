"""Thin DVC stages: read params, call genbench, write outputs."""
