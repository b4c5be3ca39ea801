"""The divergences laboratory: what divergences and adversarial objectives do where the truth is known."""
