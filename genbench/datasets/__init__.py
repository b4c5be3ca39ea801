"""Datasets: one module a dataset, each with load(...)."""
