"""The numbers that other implementations give for the same features: torch-fidelity, torchmetrics, pytorch-fid, prdc.

Where features are hard and peers disagree with each other, a float64 oracle decides.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy import linalg
from torch import nn

from genbench.data.features import Features
from genbench.metrics import (
    clipped_density_coverage,
    density_coverage,
    fid,
    inception_factors,
    inception_score,
    kid,
    mind,
    precision_recall,
    vendi,
)

pytestmark = pytest.mark.filterwarnings("ignore")  # what peers warn of: deprecations, inexact roots, memory


def peer(name: str) -> ModuleType:
    """A module of another implementation, all of which are in the extra `peers`."""
    importlib.import_module("genbench.data.datasets._torchvision")  # peers import torchvision
    try:
        return importlib.import_module(name)
    except ImportError as error:
        assert os.environ.get("CI") != "true", f"{name} is not installed: {error}"
        pytest.skip(f"{name} is not installed: {error}")


def as_features(vectors: torch.Tensor) -> nn.Module:
    """What torchmetrics takes for a network: one that gives back what it gets."""
    network = nn.Identity()
    network.num_features = vectors.shape[1]  # type: ignore[assignment]
    return network


def vectors(n: int, dimensions: int, seed: int, *, scale: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """Correlated features, none negative, as those of networks are."""
    mix = np.random.default_rng(99).normal(size=(dimensions, dimensions)) / np.sqrt(dimensions) + np.eye(dimensions)
    return np.maximum(scale * np.random.default_rng(seed).normal(size=(n, dimensions)) @ mix + 1 + shift, 0)


PAIRS = {
    "alike": (vectors(400, 24, 0), vectors(300, 24, 1)),
    "apart": (vectors(400, 24, 0), vectors(300, 24, 1, shift=0.5)),
    "narrow": (vectors(400, 24, 0), vectors(300, 24, 1, scale=0.4)),
    "wide": (vectors(300, 96, 0), vectors(300, 96, 1, scale=1.5)),
}


def ours(metric: ModuleType, real: np.ndarray, fake: np.ndarray, **options: int) -> dict[str, float]:
    return metric.compute(real=Features(real), fake=Features(fake), **options)


def fid_of_torch_fidelity(real: np.ndarray, fake: np.ndarray) -> float:
    module = peer("torch_fidelity.metric_fid")
    of_real, of_fake = (module.fid_features_to_statistics(torch.from_numpy(side)) for side in (real, fake))
    return module.fid_statistics_to_metric(of_fake, of_real, False)["frechet_inception_distance"]


def fid_of_torchmetrics(real: np.ndarray, fake: np.ndarray) -> float:
    module = peer("torchmetrics.image.fid")
    x, y = torch.from_numpy(real), torch.from_numpy(fake)
    metric = module.FrechetInceptionDistance(feature=as_features(x)).set_dtype(torch.float64)
    metric.update(x, real=True)
    metric.update(y, real=False)
    return metric.compute().item()


def fid_of_pytorch_fid(real: np.ndarray, fake: np.ndarray) -> float:
    module = peer("pytorch_fid.fid_score")
    moments = [moment for side in (real, fake) for moment in (side.mean(axis=0), np.cov(side, rowvar=False))]
    return float(module.calculate_frechet_distance(*moments))


FIDS = {"torch-fidelity": fid_of_torch_fidelity, "torchmetrics": fid_of_torchmetrics, "pytorch-fid": fid_of_pytorch_fid}


@pytest.mark.parametrize("name", FIDS)
@pytest.mark.parametrize("case", PAIRS)
def test_fid(case: str, name: str) -> None:
    assert ours(fid, *PAIRS[case])["fid"] == pytest.approx(FIDS[name](*PAIRS[case]), rel=1e-6)


@pytest.mark.parametrize("name", FIDS)
@pytest.mark.parametrize(
    ("real", "fake"),
    [
        pytest.param(vectors(40, 96, 0), vectors(50, 96, 1), id="fewer images than features"),
        pytest.param(vectors(400, 24, 0) * np.logspace(0, -9, 24), vectors(300, 24, 1), id="ill conditioned"),
        pytest.param(vectors(400, 24, 0) + 1e4, vectors(300, 24, 1) + 1e4, id="offset"),
    ],
)
def test_fid_is_right_where_peers_are_off(real: np.ndarray, fake: np.ndarray, name: str) -> None:
    """The nuclear norm of products between centred rows needs no covariance and no square root of one."""
    x, y = ((side - side.mean(axis=0)) / np.sqrt(len(side) - 1) for side in (real, fake))
    shift = real.mean(axis=0) - fake.mean(axis=0)
    truth = shift @ shift + (x**2).sum() + (y**2).sum() - 2 * linalg.svdvals(x @ y.T).sum()
    mine = ours(fid, real, fake)["fid"]
    assert mine == pytest.approx(truth, rel=1e-9)
    assert abs(mine - truth) <= abs(FIDS[name](real, fake) - truth) + 1e-9 * truth


@pytest.mark.parametrize("splits", [1, 10])
def test_inception_score_of_torch_fidelity(splits: int) -> None:
    logits = 3 * np.random.default_rng(0).normal(size=(500, 12))
    order = np.random.default_rng(0).permutation(500)
    theirs = peer("torch_fidelity.metric_isc").isc_features_to_metric(
        torch.from_numpy(logits[order]), splits=splits, shuffle=False
    )
    fake = Features(logits, probs=torch.from_numpy(logits).softmax(1).numpy())
    mine = inception_score.compute(fake=fake, rng=np.random.default_rng(0), splits=splits)
    assert mine["inception_score"] == pytest.approx(theirs["inception_score_mean"], rel=1e-9)
    assert mine["inception_score_sd"] == pytest.approx(theirs["inception_score_std"], rel=1e-9, abs=1e-12)


def test_inception_score_of_torchmetrics() -> None:
    logits = torch.from_numpy(3 * np.random.default_rng(0).normal(size=(500, 12)))
    metric = peer("torchmetrics.image.inception").InceptionScore(feature=as_features(logits), splits=1)
    metric.update(logits)
    fake = Features(logits.numpy(), probs=logits.softmax(1).numpy())
    mine = inception_factors.compute(fake=fake)["inception_score_single"]
    assert mine == pytest.approx(metric.compute()[0].item(), rel=1e-9)


@pytest.mark.parametrize("case", PAIRS)
def test_kid_of_torch_fidelity(case: str) -> None:
    """One subset of all images is the exact statistic; it wants as many of both."""
    real, fake = (side[:300] for side in PAIRS[case])
    theirs = peer("torch_fidelity.metric_kid").kid_features_to_metric(
        torch.from_numpy(fake), torch.from_numpy(real), kid_subsets=1, kid_subset_size=300, verbose=False
    )
    assert ours(kid, real, fake)["kid"] == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("case", PAIRS)
def test_kid_of_torchmetrics(case: str) -> None:
    real, fake = (torch.from_numpy(side[:300]) for side in PAIRS[case])
    module = peer("torchmetrics.image.kid")
    metric = module.KernelInceptionDistance(feature=as_features(real), subsets=1, subset_size=300)
    metric.set_dtype(torch.float64)
    metric.update(real, real=True)
    metric.update(fake, real=False)
    theirs = metric.compute()[0].item()
    assert ours(kid, real.numpy(), fake.numpy())["kid"] == pytest.approx(theirs, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("case", PAIRS)
def test_precision_and_recall_of_torch_fidelity(case: str, k: int, dtype: type[np.floating]) -> None:
    """Exactly: the same images are inside, whatever the rounding, where no two distances are equal."""
    real, fake = PAIRS[case][0].astype(dtype), PAIRS[case][1].astype(dtype)
    module = peer("torch_fidelity.metric_prc")
    counts = len(fake) * len(real)
    mine = ours(precision_recall, real, fake, k=k)
    for part in (True, False):
        theirs = module.prc_features_to_metric(
            torch.from_numpy(fake), torch.from_numpy(real), prc_neighborhood=k, save_cpu_ram=part, verbose=False
        )
        assert round(mine["precision"] * counts) == round(theirs["precision"] * counts)
        assert round(mine["recall"] * counts) == round(theirs["recall"] * counts)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("case", PAIRS)
def test_all_four_of_prdc(case: str, k: int, dtype: type[np.floating]) -> None:
    """Exactly, up to ties: prdc leaves the rim of a ball out."""
    real, fake = PAIRS[case][0].astype(dtype), PAIRS[case][1].astype(dtype)
    theirs = peer("prdc").compute_prdc(real, fake, nearest_k=k)
    mine = ours(precision_recall, real, fake, k=k) | ours(density_coverage, real, fake, k=k)
    assert {key: mine[key] for key in theirs} == pytest.approx(theirs, rel=1e-12)


def test_collapse_is_precise_without_recall_as_in_prdc() -> None:
    real = vectors(300, 24, 0)
    collapsed = real[:1] + 1e-3 * np.random.default_rng(1).normal(size=(300, 24))
    theirs = peer("prdc").compute_prdc(real, collapsed, nearest_k=3)
    mine = ours(precision_recall, real, collapsed, k=3)
    assert (theirs["precision"], theirs["recall"]) == (mine["precision"], mine["recall"])
    assert mine["precision"] == 1
    assert mine["recall"] <= 1 / 300


#: Clipped density and clipped coverage at k = 5, by the authors' code (nicolassalvy/ClippedDensityCoverage, 9920dae).
CLIPPED = {
    "alike": (1.0, 1.0),
    "apart": (0.49823887287864244, 0.4950166112956811),
    "narrow": (1.0, 1.0),
    "wide": (0.0125, 0.016611295681063124),
}


@pytest.mark.parametrize("case", PAIRS)
def test_clipped_density_and_coverage_of_their_authors(case: str) -> None:
    """Coverage up to the authors' table: it rounds numbers of images up, to k at least, and divides by M + 1."""
    real, fake = PAIRS[case]
    mine = clipped_density_coverage.compute(real=Features(real), fake=Features(fake), k=5)
    density, coverage = CLIPPED[case]
    assert mine["clipped_density"] == pytest.approx(density, rel=1e-12)
    assert mine["clipped_coverage"] == pytest.approx(coverage, abs=2 / len(fake))


#: MIND of 300 images of each, by torch-fidelity at 5e211a9: 20,000 directions, then the first feature alone.
MIND = {
    "alike": (1.6689742505550385, 0.05986708402633667),
    "apart": (13.120145559310913, 0.5721860826015472),
    "narrow": (27.159228801727295, 1.468906581401825),
    "wide": (71.92070960998535, 0.8126145601272583),
}


@pytest.mark.parametrize("case", PAIRS)
def test_mind_of_torch_fidelity(case: str) -> None:
    """Up to what other directions change; in one dimension there is nothing to draw."""
    real, fake = (side[:300] for side in PAIRS[case])
    drawn, alone = MIND[case]
    for dimensions, directions, expected, rounding in ((None, 20_000, drawn, 0.02), (1, 2, alone, 1e-6)):
        sets = {"real": Features(real[:, :dimensions]), "fake": Features(fake[:, :dimensions])}
        mine = mind.compute(**sets, rng=np.random.default_rng(0), projections=directions)
        assert mine["mind"] == pytest.approx(expected, rel=rounding)


#: By the authors' package (vertaix/Vendi-Score), score_X of cosines.
VENDI = {
    "alike": 7.05382601385225,
    "apart": 5.092668509744501,
    "narrow": 2.9497667933588954,
    "wide": 18.467572812511115,
}


@pytest.mark.parametrize("case", PAIRS)
def test_vendi_score_of_its_authors(case: str) -> None:
    assert vendi.vendi(PAIRS[case][1]) == pytest.approx(VENDI[case], rel=1e-9)
