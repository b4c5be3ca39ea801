"""genbench: a reproducible benchmark of deep generative models."""
