"""Stage fingerprint: the code that each other stage depends on, so that an edited comment runs nothing again.

What a stage finds by name at run time is all of a few collections: a new divergence runs the studies of divergences.
"""

from pathlib import Path

from genbench.files.atomic import write_json
from genbench.files.code import closure
from genbench.find import dotted, members
from genbench.pipeline.stage import run
from laboratory.divergences.paths import CODE

ROOT = Path(__file__).parents[3]
GAMES = ("divergences", "objectives", "penalties")
FOUND = {
    "univariate": ("divergences",),
    "estimate": ("divergences",),
    "dirac": GAMES,
    "vanishing": GAMES,
    "modes": (*GAMES, "tricks"),
    "truncation": ("objectives", "penalties"),
    "page": ("divergences",),
}


def main() -> None:
    """Write laboratory/divergences/data/code/<stage>.json, a hash by module."""
    for stage, collections in FOUND.items():
        found = [dotted(kind, name) for kind in collections for name in members(kind)]
        always = [] if stage == "page" else ["genbench.networks.mlp", "genbench.models.gan"]
        fixed = ["genbench.adversarial.objectives.fgan"] if stage in ("univariate", "estimate") else []
        write_json(
            CODE / f"{stage}.json", closure([f"laboratory.divergences.stages.{stage}", *found, *always, *fixed], ROOT)
        )


if __name__ == "__main__":
    run(main, requires=())
