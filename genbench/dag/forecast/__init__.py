"""`genbench plan`: what a `dvc repro` would do, stage by stage, and why, without doing any of it."""
