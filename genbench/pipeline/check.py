"""Checks of params.yaml and environment.yaml before anything runs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from genbench.data import teachers
from genbench.data.known import Known
from genbench.data.pairings import pairing
from genbench.data.splits import SPLITS
from genbench.engine.batches import require_batch
from genbench.errors import InputError, unknown
from genbench.files.require_file import kind_of
from genbench.find import find
from genbench.metrics import GIVEN, is_truth
from genbench.models import Model
from genbench.models.bases.stored_images import StoredImages
from genbench.models.bases.translator import Translator
from genbench.options import checked, name_of
from genbench.pipeline import environment, runs, sweep
from genbench.pipeline.catalogue import RUNS
from genbench.pipeline.check_metric import check_metric
from genbench.pipeline.check_sweep import most_steps
from genbench.pipeline.known import facts, known
from genbench.pipeline.params import Params
from genbench.pipeline.plan import batch_option


def check(params: Params) -> Known:
    """Raise an InputError for the first thing that does not fit: versions, names, options, types, ranges, the data.

    Returns what is known of the data.
    """
    environment.require(*environment.KINDS)
    for name in params.runs:
        params.run(name)  # every file of the catalogue is read
    for name in params.data.split:
        if name not in SPLITS:
            raise unknown("data.split: split", name, SPLITS)
    for name in SPLITS:
        share = params.data.split.get(name)
        if share is None or not (share >= 1 if isinstance(share, int) else 0 < share < 1):
            raise InputError(f"data.split.{name}: expected a number of images, or a share between 0 and 1; got {share}")
    if kind_of(Path(params.data.source)) != "a folder":
        raise InputError(f"data.source: expected a folder, {params.data.source} is none")
    if refuse := getattr(find("datasets", params.dataset), "refuse", None):
        refuse(size=params.data.pixels, channels=params.data.channels, shares=params.data.split)
    data = known(params)
    if params.data.pairing is not None:
        _check_pairing(params.data.pairing, data)
    for name in params.extractors:
        module, given = find("extractors", name), ["folder", "images", "about"]
        options = checked(module.obtain, params.extractor[name], f"extractor.{name}", given=given)
        if refuse := getattr(module, "refuse", None):
            refuse(data, **options)
    for name in ("train", "reference", "held_out"):
        if data.count(name) == 1:
            raise InputError(f"data.split.{name}: expected at least 2 images, for metrics compare sets, got 1")
    _check_blocks(data)
    _check_likelihood(params, data)
    for name, options in params.metrics.items():
        compute = find("metrics", name).compute
        if is_truth(compute, f"metrics.{name}"):
            teachers.require(params.dataset, f"metrics.{name}")
        values = checked(compute, options, f"metrics.{name}", given=GIVEN)
        check_metric(name, values, data)
    if params.sweep.runs and not sweep.measured(params.metrics):
        raise InputError("sweep.runs: expected fid or a truth among the metrics, which is what a sweep measures")
    for name in params.enabled:
        _check_run(params, name, data)
    return data


def _check_blocks(data: Known) -> None:
    """Refuse pairs whose translations, one of each source of held_out, are no whole number of blocks."""
    size, images = data.count("reference"), data.count("held_out")
    if data.pairs != "none" and size and images and images % size:
        raise InputError(
            f"data.split.held_out: expected {size} images, as many as the split reference has, or a multiple of it, "
            f"for each is translated once; got {images}"
        )


def _check_likelihood(params: Params, data: Known) -> None:
    """Refuse more images than there are; those of held_out are asked for where the data's distribution is known."""
    for split in ("reference", "held_out") if teachers.of(params.dataset) else ("reference",):
        available = data.count(split)
        if available is not None:
            params.likelihood.require(split, available)


def _check_pairing(reference: str | dict[str, Any], data: Known) -> None:
    """Check the options of a pairing, and where the images are known whether it suits them."""
    if data.shape is not None:
        pairing(reference, data.shape)
    else:
        options = {} if isinstance(reference, str) else {k: v for k, v in reference.items() if k != "name"}
        checked(find("pairings", name_of(reference)).build, options, "data.pairing")


def _check_run(params: Params, name: str, data: Known) -> None:
    """Build a run without memory or data, and let it refuse what it would refuse hours later."""
    run, train, sample = params.run(name), runs.key(name, "train"), runs.key(name, "sample")
    # The shape matters only where a network cannot be built for it; datasets say theirs when they are prepared.
    side = params.data.pixels or 32
    shape = data.shape or (params.data.channels or 1, side, side)
    images, reference = data.count("train"), data.count("reference")
    if run.tuned_on not in ("", params.dataset):
        raise InputError(
            f"{RUNS}/{name}.yaml: tuned_on: expected {params.dataset}, the dataset of params.yaml, got {run.tuned_on}: "
            "options found on one dataset are not carried to another"
        )
    with runs.naming(train):
        runs.check(params.model_copy(update={"enabled": [name]}), shape)
        with torch.device("meta"):
            model = runs.model(run.train, shape, key=train)
        model.refuse(facts(data))
        if data.pairs != "none" and not isinstance(model, Translator):
            raise InputError(
                f"{train}.model: expected one that translates, for the dataset has pairs (data.pairing); "
                f"{run.train['model']} draws images of no source"
            )
    if isinstance(model, StoredImages) and reference is not None and data.pairs == "none":
        stored = model.to_store(facts(data))
        if stored is not None:
            runs.blocks(stored, params.sampling.blocks, reference, name)
    if images is not None and isinstance(model, Translator) and data.pairs == "paired" and not model.learns_pairs:
        images //= 2  # it is given halves
    if images is not None and model.groups():
        size, world = run.train.get("batch", params.train.batch), params.hardware.devices * params.hardware.hosts
        require_batch(size, option=batch_option(run.train, train), images=images, world=world)
    if "sample" not in run.model_fields_set:
        raise InputError(f"{sample}: missing, and DVC asks for it; expected a mapping of sampling options, or {{}}")
    if run.sample:
        with runs.naming(sample):
            _refuse_sampling(model, run.sample)
    if name in params.sweep.runs:
        sweep.require_steps(model.sample, name)
        calls = params.sweep.calls
        model = runs.model(run.train, shape, key=train).eval()
        steps = most_steps(model, run.sample, calls, name)
        with runs.naming(f"sweep.calls: {max(calls)} calls of {name}"):
            _refuse_sampling(model, run.sample | {sweep.STEPS: steps})


def _refuse_sampling(model: Model, options: dict[str, object]) -> None:
    """Let the sampler see its options: what it refuses, it refuses before it computes anything."""
    for part in model.modules():
        if part is not model:
            part.register_forward_pre_hook(_stop)
    with suppress(RuntimeError):  # the end of this: a network was called, or a number asked of a model without memory
        model.sample(1, rng=torch.Generator(), **options)


def _stop(part: torch.nn.Module, inputs: object) -> None:
    raise RuntimeError("computes")
