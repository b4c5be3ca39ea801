"""`genbench compare`: changes between two states of the project that are beyond the noise of seeds."""
