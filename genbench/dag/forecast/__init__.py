"""`genbench plan`: forecast of a `dvc repro`, stage by stage with reasons; nothing is run."""
