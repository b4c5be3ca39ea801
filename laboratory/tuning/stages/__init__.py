"""Stages of laboratory/tuning/dvc.yaml."""
