"""Implementations that are timed, one module each, with a function for each task that it can do.

A function takes real and generated features, (N, D) float32 each, prepares what is not to be timed and gives what is:
a call without arguments that returns the numbers by name. Its docstring says what it computes.
"""
