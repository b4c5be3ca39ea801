"""Functions for Python, one a module, which `import genbench` gives: see docs/api.md.

They call what the commands call, so that their numbers are the same to the bit.
"""
