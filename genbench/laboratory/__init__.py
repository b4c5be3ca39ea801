"""Studies of the benchmark's own parts, against known truths; each is a pipeline of its own below laboratory/."""
