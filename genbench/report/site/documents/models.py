"""The gallery of models: each run of the catalogue with its source, its options and samples from a committed board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from genbench.data.paths import PUBLISHED, REPORTS
from genbench.find import PACKAGE, named_members
from genbench.pipeline.catalogue import RUNS, Catalogue, Run
from genbench.pipeline.fingerprint import family
from genbench.report.families import CALIBRATION, MARKS
from genbench.report.references import Work, cited, named, short, works
from genbench.report.site.documents.docstrings import docstring

HEAD = """# Gallery of models

Each section is a run of the catalogue, a file of `runs/`, and made from it: what the docstrings of its model and its
objective say first, the papers that it and its parts come from, its options, and samples of the first committed board
that has them. A board trains a run with a small budget, so that samples say what that budget buys and not what the
paper reached.
"""


def pages() -> dict[str, str]:
    """Make the page."""
    runs = dict(Catalogue(RUNS))
    kinds = {name: _family(run) for name, run in runs.items()}
    order = [*MARKS, *sorted(set(kinds.values()) - MARKS.keys())]
    sections = [HEAD]
    for kind in order:
        if names := [name for name in runs if kinds[name] == kind]:
            sections += [f"## {kind}\n", *(_section(name, runs[name]) for name in names)]
    return {"models.md": "\n".join(sections)}


def _family(run: Run) -> str:
    return CALIBRATION if run.calibration else family(run.train, PACKAGE.parent)


def _section(name: str, run: Run) -> str:
    options = {**run.train, **run.sample}
    modules = list(dict.fromkeys(named_members(options)))
    parts = [f"### {name} {{#{name}}}", *_first_words(modules), *([f"{run.note}."] if run.note else [])]
    parts.append(f"Parts: {', '.join(map(_member, modules))}.")
    if sources := [_source(works()[key]) for key in cited(named(f"models/{run.train['model']}", options))]:
        parts.append("\n".join(f"- {source}" for source in sources))
    parts += _samples(name)
    listing = (RUNS / f"{name}.yaml").read_text(encoding="utf-8").rstrip().replace("\n", "\n    ")
    parts.append(f'??? note "runs/{name}.yaml"\n\n    ```yaml\n    {listing}\n    ```')
    return "\n\n".join(parts) + "\n"


def _first_words(modules: Sequence[str]) -> Iterator[str]:
    """Give the first paragraph of the docstring of the model, and of an adversarial one's objective and divergence."""
    for collection in ("models", "objectives", "divergences"):
        if members := [module for module in modules if module.split(".")[-2] == collection]:
            yield docstring(collection, members[0].rpartition(".")[2]).partition("\n\n")[0]


def _member(module: str) -> str:
    """Link a member of a collection that the options name."""
    *_, collection, name = module.split(".")
    return f"[{collection}/{name}](reference/{collection}.md#{module})"


def _source(work: Work) -> str:
    where = f"https://arxiv.org/abs/{work.arxiv}" if work.arxiv else f"https://doi.org/{work.doi}" if work.doi else ""
    return f"{short(work.reference())}, " + (f"[{work.title}]({where})" if where else work.title)


def _samples(name: str) -> Iterator[str]:
    """Show the grid of the first board that has one, the current one before those that are published."""
    for folder in (REPORTS, *sorted(PUBLISHED.glob("*/"))):
        if (grid := folder / "grids" / f"{name}.png").is_file():
            board = "the current board" if folder == REPORTS else f"the board {folder.name}"
            yield f"![Samples of {name}](../{grid.as_posix()}){{ .samples loading=lazy }}"
            yield f"Samples of {name} on [{board}](../{(folder / Path('index.html')).as_posix()})."
            return
