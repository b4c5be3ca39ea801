"""Stages of laboratory/likelihood/dvc.yaml."""
