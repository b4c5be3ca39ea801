"""Show the versions that results depend on, as environment.yaml has them and as they are installed."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flag that writes."""
    parser.epilog = "Exits with 1 if versions differ. Stages refuse to run then."
    parser.add_argument(
        "--write",
        action="store_true",
        help="write the installed versions into environment.yaml and print the changes; DVC then runs anew what "
        "depends on it",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print both, or write and print the changes."""
    from genbench.pipeline import environment, installed

    if arguments.write:
        for name, before, now in installed.write():
            sys.stdout.write(f"{environment.FILE}: {name} {before} → {now}\n")
        return
    for kind, versions in environment.load().model_dump().items():
        if not versions:  # a checkout names no genbench
            continue
        sys.stdout.write(f"{kind:<14} written    installed\n")
        differ = {difference.name: difference.installed for difference in environment.differences(versions)}
        for name, written in versions.items():
            mark = "  differs" if name in differ else ""
            sys.stdout.write(f"  {name:<12} {written:<10} {differ.get(name, written)}{mark}\n")
    environment.require(*environment.KINDS)
