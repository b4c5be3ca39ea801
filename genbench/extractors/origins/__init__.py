"""Where the weights of the extractor `classifier` come from, by its option `weights`; see :mod:`genbench.find`."""
