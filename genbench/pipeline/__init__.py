"""params.yaml and runs/ as typed values, their checks and fingerprints, a trained cell on disk."""
