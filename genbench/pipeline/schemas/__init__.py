"""JSON Schemas of the files that a user writes, by which an editor completes, explains and checks them.

They are made of what reads those files: the sections of :mod:`genbench.pipeline.params`, and the signatures of the
members that a file names. A schema says nothing that no reader says. What depends on two values at a time, on data or
on files is the readers' alone, and `genbench check` asks them.
"""
