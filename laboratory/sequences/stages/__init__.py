"""Stages of laboratory/sequences/dvc.yaml."""
