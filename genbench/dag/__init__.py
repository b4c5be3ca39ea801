"""Runs of stages: dvc.lock, the cache, recovery, reproduction, forecast and fan-out. No other room imports DVC."""
