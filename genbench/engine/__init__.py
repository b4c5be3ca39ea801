"""The one training loop and the one sampler, with devices and checkpoints; knows neither models nor params.yaml.

A learner (:mod:`genbench.engine.learner`) is trained by :mod:`genbench.engine.loop` on a device, which `connect` gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genbench.engine.device import Device
    from genbench.engine.options import HardwareOptions


def connect(options: HardwareOptions) -> Device:
    """Return the device that the options ask for, once all its processes are there.

    Of several processes on this machine the first starts the others, with its own command line; those on other hosts
    are started by Slurm or torchrun. What this machine does not have is an InputError.
    """
    # imported late, for options and curves are read without torch, and Lightning Fabric is slow to import
    if (options.accelerator, options.devices, options.hosts, options.precision) == ("cpu", 1, 1, "float32"):
        from genbench.engine.device import Device

        return Device(channels_last=options.channels_last, compile=options.compile)
    from genbench.engine.fabric import FabricDevice

    return FabricDevice(options)
