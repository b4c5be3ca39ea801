"""Stages of laboratory/truth/dvc.yaml."""
