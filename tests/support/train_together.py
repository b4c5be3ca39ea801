"""A program for tests: trains runs of the catalogue where its words say, and writes what came out.

    python train_together.py FOLDER DEVICES PRECISION RUNS

Of several processes the first starts the others, as it does in the pipeline.
"""

from pathlib import Path

import torch

from genbench.engine import connect
from genbench.engine.loop import train
from genbench.engine.options import HardwareOptions
from genbench.engine.progress import curve_csv
from genbench.files.tensors import save_state
from genbench.pipeline.stage import run
from tests.engine import test_training


def main(folder: str, devices: int, precision: str, names: str) -> None:
    """Write <run>.csv, <run>.safetensors and an empty file with the number of each process into `folder`."""
    torch.set_num_threads(1)
    options = {"accelerator": "cpu", "devices": devices, "hosts": 1, "compile": False, "channels_last": True}
    device, place = connect(HardwareOptions.model_validate({**options, "precision": precision})), Path(folder)
    (place / f"process {device.rank}").touch()
    for name in names.split(","):
        model, data = test_training.catalogue_model(name), test_training.data()
        scratch = place / "scratch" / name
        done = train(model, data, test_training.OPTIONS, seed=0, scratch=scratch, device=device)
        if device.leads:
            (place / f"{name}.csv").write_text(curve_csv(done.progress.curve))
            save_state(done.raw, place / f"{name}.safetensors")


if __name__ == "__main__":
    run(main)
