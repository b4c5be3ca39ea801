"""Types of the names that genbench/__init__.py imports late."""

from genbench.api.evaluate import evaluate as evaluate
from genbench.api.fid import fid as fid
from genbench.api.train import train as train
from genbench.errors import InputError as InputError

__all__ = ["InputError", "__version__", "evaluate", "fid", "train"]
__version__: str
