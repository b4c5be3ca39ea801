"""Adversarial losses: objectives, penalties, tricks and divergences, and the game that joins them."""
