"""The schemas of params.yaml, profiles/*.yaml, runs/*.yaml and environment.yaml, and where editors look for them.

.vscode/settings.json leads Visual Studio Code from a file to its schema; the line that leads any other editor is in
docs/use.md. The files themselves stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

from genbench.data.splits import SPLITS
from genbench.engine.options import TrainOptions
from genbench.files.atomic import write_json
from genbench.find import find, members
from genbench.pipeline.catalogue import Run
from genbench.pipeline.environment import Environment
from genbench.pipeline.params import Params
from genbench.pipeline.runs import GIVEN, OVERRIDES
from genbench.pipeline.schemas.options import (
    Schema,
    by_name,
    choice,
    closed,
    function,
    member,
    named,
    reference,
    section,
)

FOLDER = Path("schemas")
DRAFT = "http://json-schema.org/draft-07/schema#"


def documents() -> dict[str, Schema]:
    """Make the schemas by their files' names."""
    made = {
        "params": ("params.yaml: the benchmark", _params()),
        "profile": ("profiles/<name>.yaml: overrides of params.yaml", _overrides(_params())),
        "run": ("runs/<run>.yaml: one row", _run()),
        "environment": ("environment.yaml: the versions that results depend on", section(Environment)),
    }
    return {f"{name}.schema.json": _document(title, schema) for name, (title, schema) in made.items()}


def write(folder: Path = FOLDER) -> list[Path]:
    """Write all of them into a folder, and return the files."""
    paths = []
    for name, schema in documents().items():
        write_json(folder / name, schema)
        paths.append(folder / name)
    return paths


def _params() -> Schema:
    schema = section(Params, leave=["runs"])
    extractors = members("extractors")
    sections = schema["properties"]
    sections["dataset"] = choice("datasets", members("datasets"))
    sections["extractors"]["items"] = choice("extractors", extractors)
    sections["sweep"]["properties"]["extractor"] |= choice("extractors", extractors)
    for listed in (
        sections["enabled"],
        sections["seeds"],
        sections["extractors"],
        sections["sweep"]["properties"]["runs"],
    ):
        listed["uniqueItems"] = True
    sections["data"]["properties"]["split"] |= closed(dict.fromkeys(SPLITS, _share()), SPLITS)
    for key, collection in (("extractor", "extractors"), ("metrics", "metrics")):
        sections[key] = closed({name: member(collection, name) for name in members(collection)}, [])
    return schema


def _share() -> Schema:
    return {"type": "number", "exclusiveMinimum": 0}


def _overrides(params: Schema) -> Schema:
    """Let every key of a params file but those of metrics be left out: `genbench use` keeps what is there."""
    params["properties"]["metrics"] = {**params["properties"]["metrics"], "kept": True}
    return _without_required(params)


def _without_required(schema: Schema) -> Schema:
    if schema.pop("kept", False):
        return schema
    schema.pop("required", None)
    for part in schema.get("properties", {}).values():
        _without_required(part)
    return schema


def _run() -> Schema:
    schema = section(Run)
    models = members("models")
    schema["properties"]["train"] = by_name("model", "models", models)
    schema["properties"]["sample"] = {"type": "object", "default": {}}
    schema["allOf"] = [
        {
            "if": {"properties": {"train": {"properties": {"model": {"const": name}}, "required": ["model"]}}},
            "then": {"properties": {"sample": {"$ref": f"#/definitions/samples.{name}"}}},
        }
        for name in models
    ]
    return schema


def _train_half(model: str) -> Schema:
    shared = section(TrainOptions)["properties"]
    options = member("models", model)
    properties = {**options["properties"], **{name: shared[name] for name in OVERRIDES}}
    return named("models", model, "model", {**options, "properties": properties})


def _sample_half(model: str) -> Schema:
    """Make the schema of a model's `sample:` half, from the class that its `build` says it gives."""
    given = get_type_hints(find("models", model).build)["return"]
    return function(given.sample, given.sample.__doc__ or "", GIVEN)


def _definition(name: str) -> Schema:
    collection, _, of = name.partition(".")
    if collection == "samples":
        return _sample_half(of)
    if collection == "models":
        return _train_half(of)
    return named(collection, of, "name", member(collection, of)) if of else reference(collection)


def _document(title: str, schema: Schema) -> Schema:
    """Add a title, and the definitions that are referred to."""
    definitions: dict[str, Schema] = {}
    ahead = list(_referred(schema))
    while ahead:
        name = ahead.pop()
        if name not in definitions:
            definitions[name] = _definition(name)
            ahead += _referred(definitions[name])
    return {"$schema": DRAFT, "title": title, **schema, "definitions": dict(sorted(definitions.items()))}


def _referred(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix("#/definitions/")
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _referred(part)
