"""Adversarial losses: objectives, penalties, tricks and divergences, and the loss that joins them."""
