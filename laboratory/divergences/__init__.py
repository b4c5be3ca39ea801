"""Study of divergences and adversarial objectives where the truth is known."""
