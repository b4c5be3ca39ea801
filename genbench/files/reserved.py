"""Keys that no params file may have: a change of them would rerun nothing.

DVC keeps sizes and numbers of files out of the key of its run-cache, and takes every key named `size` or `nfiles` for
one of its own, at any depth and in params too (DVC's issue #10296). A stage that depends on such a param is restored
from the cache when the param changes, and everything says that it is up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from genbench.errors import InputError

RESERVED = ("size", "nfiles")

#: What options are called now that had such a name, or another one, by their section or the member they belong to.
RENAMED = {
    "data": {"size": "pixels"},
    "pixels": {"size": "pixels"},
    "random_conv": {"size": "pixels"},
    "vqvae": {"size": "code_size"},
    "ddpm": {"forget": "label_dropout"},
    "minibatch_discrimination": {"size": "dimensions"},
    "sampling": {"images": "blocks"},
}

#: What values are now, by the section and the option that had them. A cell drew one set of images, in every profile as
#: many as the reference had: one block.
NEW_VALUES: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("sampling", "weights"): lambda weights: "raw" if weights == "last" else weights,
    ("sampling", "images"): lambda images: 1,
}


def refuse_reserved(values: Any, where: str) -> None:
    """Raise an InputError for the first reserved key of a params file; `where` names the file."""
    for prefix, key, renamed in reserved_keys(values):
        mend = f"{prefix}{key} is now {prefix}{renamed}" if renamed else "give it another name"
        raise InputError(f"{where}: {prefix}{key}: DVC would not see it change, for it is named {key}; {mend}")


def reserved_keys(values: Any, prefix: str = "", owner: str = "") -> Iterator[tuple[str, str, str]]:
    """Give each reserved key of plain YAML values: its prefix ("data."), the key, and its new name or ""."""
    if isinstance(values, list):
        for index, value in enumerate(values):
            yield from reserved_keys(value, f"{prefix.removesuffix('.')}[{index}].")
    elif isinstance(values, dict):
        owner = _owner(values, owner)
        for key, value in values.items():
            if key in RESERVED:
                yield prefix, key, RENAMED.get(owner, {}).get(key, "")
            yield from reserved_keys(value, f"{prefix}{key}.", str(key))


def with_new_names(values: Any, owner: str = "") -> Any:
    """Rename options and their values, of an earlier commit's params file or of a kept copy, to what they are now."""
    if isinstance(values, list):
        return [with_new_names(value) for value in values]
    if not isinstance(values, dict):
        return values
    options = RENAMED.get(_owner(values, owner), {})
    return {options.get(key, key): _new_value(owner, key, value) for key, value in values.items()}


def _new_value(owner: str, key: Any, value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return with_new_names(value, str(key))
    new = NEW_VALUES.get((owner, str(key)))
    return new(value) if new else value


def _owner(values: dict[Any, Any], key: str) -> str:
    """Name the section or member that a mapping has the options of: named in it, else the key above it."""
    return next((name for word in ("name", "model", "extractor") if isinstance(name := values.get(word), str)), key)
