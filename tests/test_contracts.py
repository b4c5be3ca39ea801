"""Contracts of the members of every collection, found by itself: adding a file, or a run, is enough to be tested."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from genbench import options
from genbench.data.images import Images, Shape
from genbench.data.pixels import scale
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.engine.trained import Trained
from genbench.errors import InputError
from genbench.files.code import closure
from genbench.find import dotted, find, members, named_members, singular
from genbench.metrics import GIVEN
from genbench.models import Model
from genbench.models.bases.translator import Translator
from genbench.options import build, checked
from genbench.pipeline import cell as weights, params, runs
from genbench.seeding import torch_rng
from tests.support.clone import ROOT
from tests.support.pairs import of_pairs
from tests.support.references import Reference, references

BUILT = [
    "captions",
    "conditionings",
    "divergences",
    "models",
    "networks",
    "objectives",
    "pairings",
    "penalties",
    "tricks",
]
CONTRACT = {
    "datasets": ["load"],
    "extractors": ["obtain", "load"],
    "metrics": ["compute", "COLUMNS"],
    **dict.fromkeys(BUILT, ["build"]),
}
MEMBERS = [(collection, name) for collection in CONTRACT for name in members(collection)]
OF_HELD_OUT = {"held_out", "shuffled_truth", "truth"}
FOR_USERS = {"external"}  # models of a user's own files, which the catalogue cannot name
SHAPES: list[Shape] = [(1, 8, 8), (3, 32, 32), (1, 28, 28)]
CATALOGUE = params.load(ROOT / "params.yaml").runs
OPTIONS = TrainOptions(steps=2, batch=8, ema=0.9, log_every=1, grid_every=2)

every_member = pytest.mark.parametrize(("collection", "name"), MEMBERS, ids=[".".join(member) for member in MEMBERS])
every_run = pytest.mark.parametrize("run", CATALOGUE)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
#: Every run at the digits' shape, and one of each model at the others.
ONE_OF_EACH = {entry.train["model"]: run for run, entry in reversed(list(CATALOGUE.items()))}.values()
SMALL: list[Shape] = [SHAPES[0], (3, 16, 16)]  # at which trainings are quick; the others are left to `make soak`
FITTED = [(run, SHAPES[0]) for run in CATALOGUE] + [
    (run, shape)
    for run in ONE_OF_EACH
    for shape in (SMALL[1], *SHAPES[1:])
    # refused: full covariances, and tables of 256 levels, of colour
    if not (run in ("gaussian_mixture", "pca_gaussian", "categorical_mixture") and shape[0] == 3)
]


def functions(collection: str, name: str) -> list[FunctionType]:
    """Return the functions that the contract of its collection asks of a member."""
    entries = (getattr(find(collection, name), entry) for entry in CONTRACT[collection])
    return [entry for entry in entries if isinstance(entry, FunctionType)]


@every_member
def test_a_member_keeps_its_contract_and_is_documented(collection: str, name: str) -> None:
    module = find(collection, name)
    assert [entry for entry in CONTRACT[collection] if not hasattr(module, entry)] == [], "not in the module"
    assert module.__doc__, "a module opens with what it implements"
    assert [one.__qualname__ for one in functions(collection, name) if not one.__doc__] == [], "without a docstring"


@every_member
def test_options_can_be_checked_and_name_no_member_by_default(collection: str, name: str) -> None:
    """The fingerprint sees what params.yaml names, so a member that a default names would be missed."""
    for function in functions(collection, name):
        parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in GIVEN]
        assert not any(p.kind is p.VAR_KEYWORD for p in parameters), "a typo must not be an option"
        options = {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}
        required = [name for name, p in options.items() if p.default is p.empty]
        chosen = checked(function, {}, name, given=[*required, *GIVEN])
        assert chosen == {name: p.default for name, p in options.items() if name not in required}
        assert list(named_members(chosen)) == []


@pytest.mark.parametrize("reference", references("networks").values(), ids=references("networks"))
@every_shape
def test_networks_fit_every_shape(reference: Reference, shape: Shape) -> None:
    generator, critic = build("networks", reference, shape, 5, 3)
    images = generator(torch.randn(4, 5, generator=torch_rng(0, "codes")))
    assert images.shape == (4, *shape)
    assert images.abs().max() <= 1
    assert critic(images).shape == (4, 3)


# Models, as the runs of the catalogue use them


def data(shape: Shape, held_out: int = 1) -> Data:
    """Random images of ten classes, the targets of pairs; `held_out` is the seed of that split."""

    def images(seed: int) -> Images:
        pixels = np.random.default_rng(seed).integers(256, size=(40, *shape), dtype=np.uint8)
        return Images(pixels, np.arange(40) % 10)

    return of_pairs(Data(images(0), images(100)[:10], images(held_out), 256, tuple("0123456789")))


@pytest.fixture(autouse=True)
def few_images_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A validation check draws 1,000 images, which takes ncsn five minutes at 32×32 pixels; here it draws 10."""
    monkeypatch.setattr("genbench.models.IMAGES", 10)


def cell(run: str, seen: Data, scratch: Path) -> Trained[Model]:
    """Run a training of two steps."""
    model = runs.model(CATALOGUE[run].train, seen.train.shape, key=run)
    return train(model, seen, OPTIONS, seed=0, scratch=scratch)


def sample(model: Model, n: int, seen: Data, options: dict[str, Any]) -> torch.Tensor:
    """Draw images; of a model that translates, from sources."""
    sources = scale(torch.from_numpy(seen.sides["held_out"].sources.pixels[:n]))
    given = {"sources": sources} if isinstance(model, Translator) else {}
    return model.sample(n, rng=torch_rng(0, "sample"), **given, **options)


def test_every_model_has_a_run() -> None:
    assert {entry.train["model"] for entry in CATALOGUE.values()} == set(members("models")) - FOR_USERS


@pytest.mark.parametrize(
    ("run", "shape"),
    [
        pytest.param(*each, marks=[pytest.mark.soak] * (each[1] not in SMALL), id=f"{each[0]}-{each[1]}")
        for each in FITTED
    ],
)
def test_a_run_trains_and_samples(run: str, shape: Shape, tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    seen = data(shape)
    trained = cell(run, seen, tmp_path)
    assert trained.progress.diverged is None
    assert bool(trained.progress.curve) == bool(trained.raw.groups())

    weights.save(tmp_path, trained, CATALOGUE[run].train, OPTIONS)
    drawn = []
    for which in ("best", "ema", "raw", "raw"):
        model = weights.load(tmp_path, which).eval()
        with torch.no_grad():
            drawn.append(sample(model, 2, seen, CATALOGUE[run].sample))
    for images in drawn:
        assert images.shape == (2, *shape)
        assert images.dtype == torch.float32
        assert images.abs().max() <= 1
    assert torch.equal(drawn[-2], drawn[-1]), "all randomness is the caller's"
    assert torch.equal(torch.random.get_rng_state(), before), "the global generator is as it was"


@pytest.mark.parametrize("run", ONE_OF_EACH)
def test_only_calibration_rows_see_held_out_images(run: str, tmp_path: Path) -> None:
    states = []
    for held_out in (1, 2):
        trained = cell(run, data((1, 8, 8), held_out), tmp_path / str(held_out))
        states.append({name: tensor.numpy().tobytes() for name, tensor in trained.raw.state_dict().items()})
    assert (states[0] == states[1]) == (CATALOGUE[run].train["model"] not in OF_HELD_OUT)


@every_run
def test_the_fingerprint_of_a_run_has_every_member_that_it_uses(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, used = data((1, 8, 8)), set[str]()

    def noted(collection: str, name: str) -> ModuleType:
        used.add(dotted(collection, name))
        return find(collection, name)

    monkeypatch.setattr(options, "find", noted)
    cell(run, seen, tmp_path)
    assert used, "members are looked up through genbench.options"
    assert used <= closure(["stages.train", *named_members(CATALOGUE[run].train)], ROOT).keys()


@pytest.mark.parametrize("reference", ["wgan_gpp", {"name": "nothing", "weight": 1}], ids=str)
@pytest.mark.parametrize("collection", BUILT)
def test_an_unknown_member_is_refused_with_what_there_is(collection: str, reference: str | Reference) -> None:
    with pytest.raises(InputError, match=f"unknown {singular(collection)}.*there is: {members(collection)[0]}"):
        build(collection, reference)
