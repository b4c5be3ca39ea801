"""Ask people which images are real (HYPE): serve, export, status, delete, simulate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genbench.human.design import Study
    from genbench.human.observers import Observer
    from genbench.human.store import Store
    from genbench.pipeline.params import Params

KINDS = ("infinity", "time")
OBSERVERS = ("attentive", "lazy", "clicker")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    serve = actions.add_parser("serve", help="serve the pages to participants")
    serve.add_argument("--host", default=LOOPBACK[1], help="address to listen at (default: %(default)s, this machine)")
    serve.add_argument("--port", type=int, default=8000, help="default: %(default)s")
    export = actions.add_parser("export", help="write the answers of finished blocks to human/<profile>.csv")
    status = actions.add_parser("status", help="print how many took part, by row")
    delete = actions.add_parser("delete", help="delete a participant with all answers")
    delete.add_argument("code", metavar="CODE", help="the code that the last page shows")
    simulate = actions.add_parser("simulate", help="answer as simulated people, into a new database")
    simulate.add_argument("--participants", type=int, default=20, help="default: %(default)s")
    simulate.add_argument("--observer", choices=OBSERVERS, default=OBSERVERS[0], help="default: %(default)s")
    simulate.add_argument("--threshold", type=float, default=300.0, help="of the attentive, ms (default: %(default)s)")
    simulate.add_argument("--errors", type=float, default=0.3, help="of the attentive, a share (default: %(default)s)")
    for action in (serve, simulate):
        action.add_argument(
            "--kind", choices=KINDS, default=KINDS[0], help="time: adaptive exposures; default: no limit of time"
        )
        action.add_argument("--seed", type=int, default=0, help="of the design (default: %(default)s)")
    for action in (serve, export, status, delete, simulate):
        action.add_argument(
            "--database",
            type=Path,
            metavar="FILE",
            required=action is simulate,
            help="a new file" if action is simulate else "default: human/<profile>.sqlite",
        )


def run(arguments: argparse.Namespace) -> None:
    """Do one of the actions."""
    from genbench.human import answers
    from genbench.pipeline import params

    p = params.load()
    database = arguments.database or answers.path(p.profile).with_suffix(".sqlite")
    {"serve": _serve, "export": _export, "status": _status, "delete": _delete, "simulate": _simulate}[arguments.action](
        arguments, p, database
    )


def _study(p: Params, seed: int) -> Study:
    from genbench.human.pictures import study

    return study(p.dataset, p.enabled, p.seeds, seed)


def _serve(arguments: argparse.Namespace, p: Params, database: Path) -> None:
    from genbench.human.pictures import Pictures
    from genbench.human.store import Store
    from genbench.human.web import Application, serve

    with Store(database, _study(p, arguments.seed)) as store:
        token = None if arguments.host in LOOPBACK else store.token()
        host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        sys.stdout.write(f"serving http://{host}:{arguments.port}/{f'?token={token}' if token else ''}\n")
        sys.stdout.write(f"answers: {database}; stop with Ctrl+C, then: genbench human export\n")
        sys.stdout.flush()
        serve(Application(store, Pictures(p.dataset), arguments.kind, token), arguments.host, arguments.port)


def _export(arguments: argparse.Namespace, p: Params, database: Path) -> None:
    from genbench.human import answers
    from genbench.human.store import Store

    with Store(database) as store:
        found = list(store.answers())
    path = answers.path(p.profile)
    answers.write(path, found)
    people = len({answer.participant for answer in found})
    sys.stdout.write(f"{path}: {len(found)} answers of {people} participant{'s' * (people != 1)}\n")


def _status(arguments: argparse.Namespace, p: Params, database: Path) -> None:
    from genbench.human.store import Store

    with Store(database) as store:
        sys.stdout.write(f"participants: {store.participants()}\n")
        for line in store.progress():
            sys.stdout.write(
                f"{line.kind} {line.run}: {line.finished} of {line.begun} sessions finished, {line.answers} answers\n"
            )
        _print_scores(store)


def _delete(arguments: argparse.Namespace, p: Params, database: Path) -> None:
    from genbench.errors import InputError
    from genbench.human.store import Store

    with Store(database) as store:
        if not store.delete(arguments.code):
            raise InputError(f"{database}: expected the code of a participant, there is no {arguments.code!r}")
    sys.stdout.write("deleted; next: genbench human export, where the answers were exported before\n")


def _simulate(arguments: argparse.Namespace, p: Params, database: Path) -> None:
    from genbench.errors import InputError
    from genbench.human.observers import take_part
    from genbench.human.store import Store
    from genbench.seeding import numpy_rng

    if database.exists():
        raise InputError(f"--database {database}: expected a new file, for simulated answers belong apart")
    if arguments.participants < 1:
        raise InputError(f"--participants: expected at least 1, got {arguments.participants}")
    observer = _observer(arguments)
    with Store(database, _study(p, arguments.seed)) as store:
        for number in range(arguments.participants):
            take_part(store, observer, arguments.kind, numpy_rng(arguments.seed, "simulated", number))
        _print_scores(store)


def _observer(arguments: argparse.Namespace) -> Observer:
    from genbench.errors import InputError
    from genbench.human.observers import Attentive, Clicker, Lazy

    if not 0 <= arguments.errors <= 1:
        raise InputError(f"--errors: expected a share from 0 to 1, got {arguments.errors}")
    errors = {"errors_generated": arguments.errors, "errors_real": arguments.errors}
    attentive = Attentive(threshold=arguments.threshold, **errors)
    observers: dict[str, Observer] = {
        "attentive": attentive,
        "lazy": Lazy(looking=attentive),
        "clicker": Clicker(),
    }
    return observers[arguments.observer]


def _print_scores(store: Store) -> None:
    from genbench.human import analysis

    found = list(store.answers())
    people = {answer.participant for answer in found}
    sys.stdout.write(f"attentive: {len(analysis.attentive(found))} of {len(people)} with finished blocks\n")
    for run, errors in analysis.errors(found).items():
        sys.stdout.write(f"{run}: errors {errors.all.printed(100, ' %')}\n")
    for run, estimate in analysis.thresholds(found).items():
        sys.stdout.write(f"{run}: threshold {estimate.printed(1, ' ms')}\n")
