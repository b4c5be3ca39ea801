"""Parts of params files: frozen, closed to keys that they do not know, read as DVC reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from genbench.errors import InputError


def is_name(name: str) -> bool:
    """Whether a name is safe as part of a path."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None


def _safe(name: str) -> str:
    if not is_name(name):
        raise ValueError("should be a name of letters, digits and '_' that starts with a letter")
    return name


#: A name that becomes part of a path.
Name = Annotated[str, AfterValidator(_safe)]


class Section(BaseModel):
    """A part of a params file: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def read(path: Path) -> Any:
    """Plain values of a YAML file, by the parser that DVC has (YAML 1.2): PyYAML would take `1e-3` for text."""
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the root of the project") from None
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise InputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from error
