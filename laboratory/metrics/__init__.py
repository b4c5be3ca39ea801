"""When do the numbers lie? The stages of its pipeline."""
