"""Does likelihood say how good images are? The stages of its pipeline."""
