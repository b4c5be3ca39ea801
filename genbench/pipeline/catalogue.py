"""The catalogue of runs: every row that a leaderboard may have, a file each, runs/<run>.yaml.

A file a run, so that DVC, which parses a params file anew for each stage that names it, reads a few lines where it
asks for one run's options; and so that adding a row touches no other file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from genbench.errors import unknown
from genbench.files.section import Section, is_name, read
from genbench.options import Flag

RUNS = Path("runs")


class Run(Section):
    """One row: the `train:` half decides the weights, the `sample:` half what is drawn from them.

    calibration: a row that says what the numbers mean, set apart in the tables.
    note: what the page says of the row beside its options, such as where they come from.
    tuned_on: the dataset on whose validation split the options were searched for; "" for options set by hand.
    """

    calibration: Flag = False
    note: str = ""
    tuned_on: str = ""
    train: dict[str, Any]
    sample: dict[str, Any] = {}


class Catalogue(Mapping[str, Run]):
    """The runs of a folder by name, each read when it is asked for; what is wrong with one is one InputError line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Run] = {}

    def __getitem__(self, name: str) -> Run:
        if name not in self:
            raise unknown("run", name, self)
        if name not in self._read:
            self._read[name] = Run.parse(read(self.folder / f"{name}.yaml"), f"{RUNS}/{name}.yaml:")
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and is_name(name) and (self.folder / f"{name}.yaml").is_file()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(file.stem for file in self.folder.glob("*.yaml") if is_name(file.stem)))

    def __len__(self) -> int:
        return len(list(iter(self)))
