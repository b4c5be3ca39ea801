"""Fair tuning: the stages of its pipeline, and `apply`, which takes what it found into params.yaml."""
