"""Studies with pipelines of their own, laboratory/<name>/dvc.yaml: one DVC project, apart from the benchmark's.

So `dvc status`, `checkout`, `pull` and `exp` of the benchmark ask for no data of studies that were not run here. What a
study writes lies in its own folder: data/ is DVC's, report/ is git's. What it reads of the benchmark are dependencies
outside of this project, which DVC compares, and which `make bench` makes. Stages run in the repository's root.
"""
