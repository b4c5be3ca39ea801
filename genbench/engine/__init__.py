"""The one training loop and the one sampler, with devices and checkpoints."""
