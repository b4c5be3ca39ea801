"""Plain values from anybody's YAML, as DVC reads it (YAML 1.2).

A few lines of YAML can stop a program: the parser composes nested brackets by recursion in C, which ends the
interpreter itself when they are many; and aliases make a small text of exponentially many values ("billion laughs"),
which merge keys (<<) even copy. So the events of the text are looked over before any value is made of them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent
from ruamel.yaml.representer import RoundTripRepresenter

from genbench.errors import InputError

LARGEST = 1 << 20  # characters
DEEPEST = 50  # levels
LONGEST = 1000  # characters of a plain value: Python cannot print a number of many more


def parse(text: str, name: str, *, largest: int = LARGEST) -> Any:
    """Read the plain values of a YAML text; `name` is for messages.

    An InputError refuses what is no YAML, and text of aliases, of more than `DEEPEST` levels or `largest` characters.
    """
    if len(text) > largest:
        raise InputError(f"{name}: expected at most {largest} characters of YAML, got {len(text)}")
    try:
        _look_over(text, name)
        return YAML(typ="safe").load(text)
    except InputError:
        raise
    except Exception as error:  # besides YAMLError whatever int, float and datetime raise on a bad scalar
        raise InputError(f"{name}: not readable as YAML: {' '.join(str(error).split())}") from error


def _look_over(text: str, name: str) -> None:
    depth = 0
    for event in YAML(typ="safe").parse(text):
        if isinstance(event, AliasEvent):
            line = event.start_mark.line + 1
            raise InputError(f"{name}: line {line}: expected no alias (*{event.anchor}), write the values out")
        if isinstance(event, ScalarEvent) and (event.implicit[0] or event.tag) and len(event.value) > LONGEST:
            line = event.start_mark.line + 1
            raise InputError(f"{name}: line {line}: expected at most {LONGEST} characters, put a longer text in quotes")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1
            raise InputError(f"{name}: line {line}: expected at most {DEEPEST} levels of brackets and indents")


class _Representer(RoundTripRepresenter):
    """Writes null as such, where DVC, which uses the class above in this process, leaves the value out."""


_Representer.add_representer(
    type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
)


def overridden(text: str, overrides: dict[str, Any]) -> str:
    """Replace values in YAML `text`; comments, order and layout stay as they were."""
    yaml = _keeping_layout()
    document = yaml.load(text)
    if not document:
        document.fa.set_block_style()
    _replace(document, overrides)
    return _written(yaml, document)


def without(text: str, section: str, keys: Iterable[str]) -> str:
    """Leave keys of a section out of YAML `text`, which is the same text where it has none of them."""
    yaml = _keeping_layout()
    document = yaml.load(text)
    there = [key for key in keys if isinstance(document.get(section), dict) and key in document[section]]
    for key in there:
        del document[section][key]
    return _written(yaml, document) if there else text


def _keeping_layout() -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _written(yaml: YAML, document: Any) -> str:
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _replace(target: Any, overrides: dict[str, Any]) -> None:
    for key, value in overrides.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _replace(target[key], value)
        elif isinstance(value, list) and value and isinstance(target.get(key), list):
            target[key][:] = value  # in place, so that the list keeps its layout
        else:
            target[key] = value
