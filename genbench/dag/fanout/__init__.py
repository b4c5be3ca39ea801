"""The cells of the benchmark side by side: on the cores of one machine, or over a Ray cluster.

DVC runs one stage at a time in one clone. But results are kept in its cache by what they were made from, wherever that
was; so each worker has a private clone (:mod:`~genbench.dag.fanout.clone`) whose params enable one cell, and whose DVC
therefore sees its few stages alone. What a worker has made lies in the shared cache; its entries of dvc.lock go into
the main clone's (:mod:`~genbench.dag.lock`), in which nothing is then left to run but the report.
"""
