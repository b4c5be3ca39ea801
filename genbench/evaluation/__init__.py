"""Features and metrics of anybody's images, without the pipeline: `genbench evaluate` and `genbench features`."""
