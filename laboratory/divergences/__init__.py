"""What divergences and adversarial objectives do where the truth is known: the stages of its pipeline."""
