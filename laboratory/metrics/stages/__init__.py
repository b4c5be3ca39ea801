"""Stages of laboratory/metrics/dvc.yaml."""
