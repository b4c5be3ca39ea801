"""Parts of params files: frozen, closed to keys that they do not know, read as DVC reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from genbench.errors import InputError
from genbench.files import yaml
from genbench.files.require_file import require_file
from genbench.files.reserved import refuse_reserved
from genbench.options import one_line

S = TypeVar("S", bound="Section")


def is_name(name: str) -> bool:
    """Return whether a name is safe as part of a path."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,99}", name) is not None


def _safe(name: str) -> str:
    if not is_name(name):
        raise ValueError("should be a name of at most 100 letters, digits and '_' that starts with a letter")
    return name


#: A name that becomes part of a path.
Name = Annotated[str, AfterValidator(_safe)]


class Section(BaseModel):
    """A part of a params file, or all of it: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @classmethod
    def parse(cls, values: Any, where: str, **given: Any) -> Self:
        """Make a section of plain values and what is `given`; the first fault is one InputError line after `where`."""
        if not isinstance(values, dict):
            raise InputError(f"{where} expected a mapping of {', '.join(cls._keys())}, got {type(values).__name__}")
        try:
            return cls.model_validate({**values, **given})
        except ValidationError as error:
            raise one_line(error, where, cls._keys(error)) from None

    @classmethod
    def _keys(cls, error: ValidationError | None = None) -> list[str]:
        """List the keys of the section where the first fault is."""
        section: type[Section] = cls
        for part in error.errors()[0]["loc"][:-1] if error else ():
            field = section.model_fields.get(str(part))
            if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, Section):
                break
            section = field.annotation
        return list(section.model_fields)


def load(path: Path, section: type[S]) -> S:
    """Read and check a whole file; what is wrong with it is one InputError line."""
    return section.parse(read(path), f"{path}:")


def read(path: Path) -> Any:
    """Read plain values of a params file, by the parser that DVC has (YAML 1.2): PyYAML would take `1e-3` for text."""
    values = yaml.parse(read_text(path), str(path))
    refuse_reserved(values, str(path))
    return values


def read_text(path: Path) -> str:
    """Read the text of a file of the project; a file that is no text is an InputError that names it."""
    require_file(path)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as text: {error}") from error
