"""Studies with pipelines of their own: laboratory/<name>/dvc.yaml."""
