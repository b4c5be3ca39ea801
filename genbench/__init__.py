"""genbench: a reproducible benchmark of deep generative models.

From Python there are `genbench.evaluate`, `genbench.fid` and `genbench.train` (docs/api.md). Each is imported when it
is first asked for: `import genbench` alone loads no library. Their types are in __init__.pyi.
"""

__all__ = ["InputError", "__version__", "evaluate", "fid", "train"]


def __getattr__(name: str) -> object:
    """Import a name of the package: functions are found as members of a collection, one a module."""
    if name == "__version__":
        from importlib.metadata import version

        return version("genbench")
    if name in __all__:
        from genbench import errors
        from genbench.find import find

        return errors.InputError if name == "InputError" else getattr(find("api", name), name)
    raise AttributeError(f"module 'genbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
