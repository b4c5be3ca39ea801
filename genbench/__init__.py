"""genbench: a reproducible benchmark of deep generative models."""

__version__ = "0.1.0"
