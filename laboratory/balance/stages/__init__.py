"""Stages of laboratory/balance/dvc.yaml."""
