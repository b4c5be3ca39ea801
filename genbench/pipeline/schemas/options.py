"""The schema of options: of a function's keyword arguments, of a section's fields, and of a reference to a member.

Draft 7, which every editor's language server reads. Types and ranges come from the annotations, by pydantic, which also
checks the options when they are read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from genbench.files.section import Name, Section
from genbench.find import COLLECTIONS, find, members, singular
from genbench.metrics import GIVEN
from genbench.options import Reference
from genbench.pipeline.schemas.descriptions import first_line, of_options, whole

Schema = dict[str, Any]

#: The function of a member that has its options, where it is not `build`.
FUNCTIONS = {"extractors": "obtain", "metrics": "compute"}
REFERENCE, NAME = (get_args(kind)[1].func for kind in (Reference, Name))
NAMES: Schema = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,99}$"}
MARK = "x-reference"


class _Annotations(GenerateJsonSchema):
    """Schemas of annotations; the two checks of genbench's own that pydantic cannot look into are written out."""

    def function_after_schema(self, schema: Any) -> Schema:
        check = schema["function"]["function"]
        if check is REFERENCE:
            return {MARK: True}
        return dict(NAMES) if check is NAME else super().function_after_schema(schema)


def value(hint: Any, key: str) -> Schema:
    """Make the schema of an option's annotation; key: its name, which says whose members a reference names."""
    if isinstance(hint, type) and issubclass(hint, Section):
        return section(hint)
    made: Schema = _drafted(TypeAdapter(hint).json_schema(schema_generator=_Annotations), key)
    return made


def closed(properties: Mapping[str, Schema], required: Iterable[str], description: str = "") -> Schema:
    """Make the schema of a mapping that has no other keys."""
    said = {"description": description} if description else {}
    needed = {"required": names} if (names := list(required)) else {}
    return {"type": "object", **said, "properties": dict(properties), **needed, "additionalProperties": False}


def section(kind: type[Section], leave: Iterable[str] = ()) -> Schema:
    """Make the schema of a section of a params file. leave: fields that are read from elsewhere."""
    hints = get_type_hints(kind, include_extras=True)
    fields = {name: field for name, field in kind.model_fields.items() if name not in leave}
    said = of_options(kind.__doc__, fields)
    properties = {
        name: _with(value(hints[name], name), said.get(name), *([] if field.is_required() else [field.default]))
        for name, field in fields.items()
    }
    needed = [name for name, field in fields.items() if field.is_required()]
    return closed(properties, needed, whole(kind.__doc__))


def function(options: Callable[..., Any], docstring: str, given: Iterable[str] = ()) -> Schema:
    """Make the schema of the keyword-only parameters of a function. given: those that the caller fills in."""
    hints = get_type_hints(options, include_extras=True)
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(options).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name not in given
    }
    said = of_options(docstring, parameters)
    properties, needed = {}, []
    for name, parameter in parameters.items():
        default = [] if parameter.default is parameter.empty else [parameter.default]
        properties[name] = _with(value(hints[name], name), said.get(name), *default)
        needed += [] if default else [name]
    return closed(properties, needed)


def member(collection: str, name: str) -> Schema:
    """Make the schema of a member's options."""
    module = find(collection, name)
    options = getattr(module, FUNCTIONS.get(collection, "build"))
    made = function(options, f"{inspect.getdoc(options)}\n\n{module.__doc__}", GIVEN if collection == "metrics" else ())
    said = [first_line(module.__doc__), *([whole(options.__doc__)] if made["properties"] else [])]
    return {**made, "description": "\n".join(said)}


def named(collection: str, name: str, key: str, options: Schema) -> Schema:
    """Add to the schema of options the key that names the member they are of."""
    properties = {key: {"const": name, "description": options["description"]}, **options["properties"]}
    return closed(properties, [key, *options.get("required", [])])


def reference(collection: str) -> Schema:
    """Make the schema of a reference: the name of a member that needs no options, or a mapping with its options."""
    names = members(collection)
    plain = [name for name in names if not member(collection, name).get("required")]
    return {"anyOf": [choice(collection, plain), by_name("name", collection, names)]}


def choice(collection: str, names: Iterable[str]) -> Schema:
    """Make the schema of a member's name, with what each is in a line."""
    listed = list(names)
    return {"enum": listed, "enumDescriptions": [first_line(find(collection, name).__doc__) for name in listed]}


def by_name(key: str, collection: str, names: Iterable[str]) -> Schema:
    """Make the schema of a mapping whose options are those of the member that `key` names."""
    listed = list(names)
    branches = [
        {
            "if": {"properties": {key: {"const": name}}, "required": [key]},
            "then": {"$ref": f"#/definitions/{collection}.{name}"},
        }
        for name in listed
    ]
    return {"type": "object", "properties": {key: choice(collection, listed)}, "required": [key], "allOf": branches}


def _with(schema: Schema, description: str | None, *default: Any) -> Schema:
    said = {"description": description} if description else {}
    plain = [list(one) if isinstance(one, tuple) else one for one in default]
    return {**schema, **said, **({"default": plain[0]} if plain else {})}


def _drafted(schema: Any, key: str) -> Any:
    """Write references out, and tuples as draft 7 has them."""
    if isinstance(schema, list):
        return [_drafted(item, key) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if MARK in schema:
        collection = next(name for name in COLLECTIONS if key.endswith((name, singular(name))))
        return {"$ref": f"#/definitions/{collection}"}
    return {"items" if name == "prefixItems" else name: _drafted(item, key) for name, item in schema.items()}
