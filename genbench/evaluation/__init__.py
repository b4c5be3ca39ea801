"""What needs no pipeline: `genbench evaluate` and `genbench features`, on anybody's images."""
