"""The divergences, objectives and penalties that a study runs over: all of the library, with options to try.

Members are found among the files, and their options are their own EXAMPLES, so that a new file takes part by itself.
A reference is what params.yaml would hold; its label is short and says it whole: "alpha (alpha=0.3)".
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from genbench.find import find, members
from genbench.options import name_of

Options = Mapping[str, Any]
Member = dict[str, Any]


def label(reference: str | Member) -> str:
    """Print a reference: the name, and its options in brackets, those that are names without their key."""
    if isinstance(reference, str):
        return reference
    options = [_option(key, value) for key, value in reference.items() if key != "name"]
    return f"{reference['name']} ({', '.join(options)})" if options else str(reference["name"])


def _option(key: str, value: Any) -> str:
    return label(value) if isinstance(value, str | dict) else f"{key}={value}"


def divergences() -> dict[str, Member]:
    """List references of every divergence, by label."""
    return _labelled(member for name in members("divergences") for member in _examples("divergences", name))


def objectives(instead: Mapping[str, Iterable[Options]] | None = None) -> dict[str, Member]:
    """List references of every objective, by label; one that takes a divergence comes once with each of them.

    instead: options to try of the named objectives in place of their examples.
    """
    return _labelled(
        variant
        for name in members("objectives")
        for member in _examples("objectives", name, instead)
        for variant in _with_each_divergence(member)
    )


def penalties(weight: float) -> dict[str, Member]:
    """List references of every penalty, all of one weight, by a label that leaves the weight out."""
    references = [member for name in members("penalties") for member in _examples("penalties", name)]
    without = [{key: value for key, value in member.items() if key != "weight"} for member in references]
    return {label(member): {**member, "weight": weight} for member in without}


def title(collection: str, reference: str | Member) -> str:
    """Print what people call a member, with its options; a divergence's module begins with its name."""
    name = name_of(reference)
    first = (find(collection, name).__doc__ or name).split(":")[0].split(",")[0]
    words = first if collection == "divergences" else name.replace("_", " ")
    options = [] if isinstance(reference, str) else [item for item in reference.items() if item[0] != "name"]
    texts = [_text(key, value) for key, value in options]
    return f"{words} ({', '.join(texts)})" if texts else words


def _text(key: str, value: Any) -> str:
    if f"{key}s" in ("divergences", "objectives"):
        return title(f"{key}s", value)
    letter = {"alpha": "α", "weight": "π"}.get(key, key)
    return value.replace("_", " ") if isinstance(value, str) else f"{letter} = {value}".replace("-", "−")


def _examples(collection: str, name: str, instead: Mapping[str, Iterable[Options]] | None = None) -> list[Member]:
    samples = (instead or {}).get(name) or find(collection, name).__dict__.get("EXAMPLES", ({},))
    return [{"name": name, **options} for options in samples]


def _with_each_divergence(member: Member) -> Iterator[Member]:
    if "divergence" not in inspect.signature(find("objectives", member["name"]).build).parameters:
        yield member
        return
    for divergence in divergences().values():
        reference = divergence if len(divergence) > 1 else divergence["name"]
        yield {**member, "divergence": reference}


def _labelled(references: Iterable[Member]) -> dict[str, Member]:
    return {label(member): member for member in references}
