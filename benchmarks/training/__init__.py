"""Steps per second of training, beside plain PyTorch and a peer in the same run: `python -m benchmarks.training`."""
