"""Speed and memory of the metrics, beside other implementations in the same run: `python -m benchmarks.metrics`."""
