"""The arithmetic of metrics: Fréchet distances, neighbours, standard errors."""
