"""Origins of the weights of the extractor `classifier`, by its option `weights`; see :mod:`genbench.find`."""
