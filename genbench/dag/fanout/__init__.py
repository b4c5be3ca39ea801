"""Cells of the benchmark side by side: on the cores of one machine, or over a Ray cluster.

DVC runs one stage at a time in one clone. But its cache keeps results by their dependencies, whichever clone made them.
So each worker has a private clone (:mod:`~genbench.dag.fanout.clone`) whose params enable one cell, and whose DVC sees
the few stages of that cell alone. A worker's results are in the shared cache; its entries of dvc.lock are written into
that of the main clone (:mod:`~genbench.dag.lock`), in which only the report is then left to run.
"""
