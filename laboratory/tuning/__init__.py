"""Study of tuning, and `apply`, which takes what it found into the catalogue."""
