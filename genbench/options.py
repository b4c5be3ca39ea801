"""Options from params.yaml: types with their ranges, and calls that refuse what does not fit.

Each member of a collection spells its options out as keyword arguments of `build`, annotated with the types
below. :func:`build` looks the member up, checks every option against its annotation (pydantic does the checking)
and calls it: a typo, a wrong type or a number out of range is one line that names the key.
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Iterable
from typing import Annotated, Any, get_type_hints

from pydantic import AfterValidator, ConfigDict, Field, Strict, ValidationError, create_model

from genbench.errors import InputError, unknown
from genbench.find import find, members, singular

Count = Annotated[int, Strict(), Field(ge=1, le=10**9)]
Natural = Annotated[int, Strict(), Field(ge=0, lt=2**63)]
Real = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Positive = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Strict(), Field(ge=0, lt=1)]
Flag = Annotated[bool, Strict()]
Betas = tuple[Fraction, Fraction]


def _reference(value: str | dict[str, Any]) -> str | dict[str, Any]:
    if isinstance(value, dict) and not isinstance(value.get("name"), str):
        raise ValueError("should be a name, or a mapping with a 'name' and its options")
    return value


#: A member of a collection: its name, or {name: ..., option: value, ...}.
Reference = Annotated[str | dict[str, Any], AfterValidator(_reference)]


def name_of(reference: str | dict[str, Any]) -> str:
    """Give the member that a reference names."""
    return reference if isinstance(reference, str) else str(reference["name"])


def build(collection: str, reference: str | dict[str, Any], *args: Any, key: str = "") -> Any:
    """Build a member of a collection from a reference: `build("objectives", {"name": "wgan", "clip": 0.01})`.

    `args` are what the caller gives to every member (the image shape, say); `key` is where in params.yaml the
    reference stands, for messages.
    """
    name = name_of(reference)
    options = {} if isinstance(reference, str) else {k: v for k, v in reference.items() if k != "name"}
    kind = singular(collection)
    if name not in members(collection):
        raise unknown(f"{key}: {kind}" if key else kind, name, members(collection))
    function = find(collection, name).build
    return function(*args, **checked(function, options, key or f"{kind} {name}"))


def checked(
    function: Callable[..., Any], options: dict[str, Any], key: str, *, given: Iterable[str] = ()
) -> dict[str, Any]:
    """Check options against the keyword-only parameters of `function`; what does not fit is one InputError line.

    given: parameters that the caller fills in itself, not options.
    """
    hints = get_type_hints(function, include_extras=True)
    keywords = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default) for p in keywords if p.name not in given
    }
    schema = create_model("Options", __config__=ConfigDict(extra="forbid", protected_namespaces=()), **fields)
    try:
        values = schema.model_validate(options)
    except ValidationError as error:
        raise one_line(error, key, fields) from None
    return {name: getattr(values, name) for name in fields}


def one_line(error: ValidationError, key: str, known: Iterable[str]) -> InputError:
    """Give the first fault that pydantic found, as one line; `known` are the keys that exist at that place.

    key: where the values stand, a key ("train.network") or a file and a colon ("params.yaml:").
    """
    fault = error.errors()[0]
    parts = [str(part) for part in fault["loc"] if part not in ("str", "dict[str,any]")]
    place = _place(key, parts)
    if fault["type"] == "extra_forbidden":
        return unknown(f"{_place(key, parts[:-1]).removesuffix(':')}: option", parts[-1], known)
    if fault["type"] == "missing":
        return InputError(f"{place}: missing")
    hint = ""
    if isinstance(fault["input"], str) and _is_number(fault["input"]):
        hint = f"; text to YAML: write {float(fault['input']):g} as a plain number"
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return InputError(f"{place}: {message}, got {reprlib.repr(fault['input'])}{hint}")


def _place(key: str, parts: list[str]) -> str:
    if key.endswith(":"):
        return " ".join([key, *filter(None, [".".join(parts)])])
    return ".".join([key, *parts])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
