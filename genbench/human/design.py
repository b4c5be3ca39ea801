"""Design of a study: which images a participant sees, and in which order.

A session is one participant with one row, in blocks of as many real as generated images in a random order. Generated
images come from all seeds of the row in equal numbers, real ones from the split `reference`, neither twice as long as
there are enough. Attention checks stand between them: instead of an image, the page asks for one of the two answers.
Everything is drawn from (seed of the study, number of the session), so that a design can be had again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genbench.errors import InputError
from genbench.seeding import numpy_rng

Kind = Literal["time", "infinity"]
KINDS: tuple[Kind, ...] = ("time", "infinity")
REAL = ""  # the run of real images
PRACTICE = 0  # number of the block of practice; the others count from 1
PRACTICES = 10  # images of the practice
NOWHERE = -1  # seed and picture of an attention check


@dataclass(frozen=True)
class Format:
    """Size of a session. images: a block, one half of them real. checks: a block, one half of them ask for "real"."""

    blocks: int
    images: int
    checks: int


FORMATS: Mapping[Kind, Format] = {
    "time": Format(blocks=3, images=150, checks=8),
    "infinity": Format(blocks=1, images=100, checks=8),
}


@dataclass(frozen=True)
class Source:
    """A set of images. run: its row, or REAL. seed: of the training. digest: of the pixels, in hexadecimal."""

    run: str
    seed: int
    count: int
    digest: str


@dataclass(frozen=True)
class Trial:
    """One question. run, seed, picture: the image. real: the right answer. check: an attention check, without image.

    run is REAL for a real image, and for a check; seed and picture are NOWHERE for a check.
    """

    block: int
    run: str
    seed: int
    picture: int
    real: bool
    check: bool = False


@dataclass(frozen=True)
class Study:
    """Images of a study. real: its real images. rows: by run, the images of each seed; at least one row."""

    seed: int
    real: Source
    rows: Mapping[str, Sequence[Source]]

    def __post_init__(self) -> None:
        if not self.rows:
            raise InputError("human evaluation: expected a row with images, no enabled run has any")
        if empty := [source.run or "real images" for source in self.sources() if source.count == 0]:
            raise InputError(f"human evaluation: expected images, there is none of {', '.join(sorted(set(empty)))}")

    def sources(self) -> Iterator[Source]:
        """Yield all sets of images."""
        yield self.real
        for row in self.rows.values():
            yield from row

    def next_row(self, sessions: Mapping[str, int], had: Collection[str]) -> str | None:
        """Choose the row of the next session: one with the fewest so far, by chance among those.

        sessions: how many each row has had. had: the rows that this participant has seen already. None if that is all.
        Without participants who come again, two rows never differ by more than one session.
        """
        left = [run for run in sorted(self.rows) if run not in had]
        if not left:
            return None
        order = numpy_rng(self.seed, "human rows", sum(sessions.values())).permutation(len(left))
        return min((left[index] for index in order), key=lambda run: sessions.get(run, 0))

    def session(self, number: int, kind: Kind, run: str, *, practice: bool) -> list[Trial]:
        """Draw the trials of a session in their order. number: of the session in the study. practice: put it first."""
        rng, form = numpy_rng(self.seed, "human session", number), FORMATS[kind]
        half = form.images // 2
        trials = self._practice(rng) if practice else []
        real = _choose(rng, self.real.count, half * form.blocks).reshape(form.blocks, half)
        generated = _spread(rng, self.rows[run], half * form.blocks)
        for block in range(form.blocks):
            chosen = [(self.real, int(index)) for index in real[block]]
            chosen += generated[block * half :][:half]
            trials += _block(rng, block + 1, chosen, form.checks)
        return trials

    def _practice(self, rng: np.random.Generator) -> list[Trial]:
        """Draw a practice over all rows, so that nobody learns the marks of one."""
        pool = [source for row in self.rows.values() for source in row]
        half = PRACTICES // 2
        rows = [pool[index] for index in _choose(rng, len(pool), half)]
        chosen = [(self.real, int(index)) for index in _choose(rng, self.real.count, half)]
        chosen += [(source, int(rng.integers(source.count))) for source in rows]
        return _block(rng, PRACTICE, chosen, checks=0)


def _choose(rng: np.random.Generator, count: int, wanted: int) -> np.ndarray:
    """Choose `wanted` of `count` at random, each as often as any other, or once more."""
    times = -(-wanted // count)
    return np.concatenate([rng.permutation(count) for _ in range(times)])[:wanted]


def _spread(rng: np.random.Generator, sources: Sequence[Source], wanted: int) -> list[tuple[Source, int]]:
    """Choose images of all sources in turn: equal numbers, and those that get one more by chance."""
    order = [sources[index] for index in rng.permutation(len(sources))]
    each = -(-wanted // len(order))
    chosen = [[(source, int(index)) for index in _choose(rng, source.count, each)] for source in order]
    return [pair for turn in zip(*chosen, strict=True) for pair in turn][:wanted]


def _block(rng: np.random.Generator, block: int, chosen: Sequence[tuple[Source, int]], checks: int) -> list[Trial]:
    trials = [Trial(block, source.run, source.seed, picture, source.run == REAL) for source, picture in chosen]
    trials += [Trial(block, REAL, NOWHERE, NOWHERE, index % 2 == 0, check=True) for index in range(checks)]
    return [trials[index] for index in rng.permutation(len(trials))]
