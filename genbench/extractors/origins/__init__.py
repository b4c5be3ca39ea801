"""Origins of the weights of the extractor `classifier`, by its option `weights`; see :mod:`genbench.find`.

A module has `obtain`, which writes the weights, and `refuse(known, *, batch)`, which raises an InputError for data that
they do not suit, as far as these are known.
"""
