"""Fair tuning: every adversarial run is given the same random search, scored on `validation` alone."""
