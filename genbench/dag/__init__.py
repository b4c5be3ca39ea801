"""What runs stages: dvc.lock, recovery, reproduction, forecast and fan-out."""
