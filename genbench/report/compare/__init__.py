"""`genbench compare`: what moved between two states of the project, beyond the noise of seeds."""
