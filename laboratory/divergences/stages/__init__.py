"""Stages of laboratory/divergences/dvc.yaml."""
