"""Adversarial losses: objectives, penalties, tricks, conditionings and divergences, and the loss that joins them."""
