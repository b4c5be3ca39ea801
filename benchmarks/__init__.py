"""Measurements of speed and memory, each beside other implementations of the same."""
