"""Data that pass between stages: images, features, splits, and their paths."""
