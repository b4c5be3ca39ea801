"""docs/cluster.md: on one machine, on a Ray cluster of one host, and with a remote in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clone import executed
from tests.support.printed import Reader
from tests.support.ray_cluster import RayCluster, ray_cluster

pytestmark = [pytest.mark.soak, pytest.mark.pipeline]


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """The cluster of this host, as far as RAY_ADDRESS says so."""
    with ray_cluster({"num_cpus": 2}) as made:
        yield made


def learn(project: Reader, lr: float) -> None:
    """Change what `vae` learns by, so that its cell is made anew."""
    project.set(runs={"vae": {"train": {"lr": lr}}})


def up_to_date(project: Reader) -> bool:
    """Whether DVC has nothing left to do."""
    return executed(project.run("dvc", "repro")) == set()


def test_one_machine(project: Reader) -> None:
    for command, lr in (("genbench fanout", 0.003), ("genbench fanout -j 2", 0.004)):
        learn(project, lr)
        project.types(command)
        assert up_to_date(project)


def test_the_cluster_of_this_host(project: Reader, cluster: RayCluster) -> None:
    here = cluster.environment | {"RAY_ADDRESS": cluster.address}
    learn(project, 0.005)
    project.types(
        "export RAY_USAGE_STATS_ENABLED=0 RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0\ngenbench fanout --ray", under=here
    )
    assert up_to_date(project)
    learn(project, 0.006)
    project.types("cd genbench; genbench fanout --ray", within="..", under=here)
    assert up_to_date(project)
    project.commit()
    several = "genbench use FAMILY; genbench fanout --ray; genbench publish"
    assert project.types(several, put={"FAMILY": "quick"}, under=here).endswith("published: reports/published/quick\n")
    assert "vae" in project.types("genbench table")
    assert project.types("genbench publish") == "published: reports/published/quick\n"


def test_a_remote_of_the_team(project: Reader, cluster: RayCluster, tmp_path: Path) -> None:
    project.types("dvc cache dir --local /shared/dvc-cache", put={"/shared": str(tmp_path)})
    project.types("dvc remote add team s3://bucket/genbench")
    project.run("dvc", "remote", "remove", "team")
    project.types("dvc remote add team ssh://store/data/genbench")
    project.run("dvc", "remote", "remove", "team")
    project.types("dvc remote add team /shared/genbench", put={"/shared": str(tmp_path)})
    project.types('git add .dvc/config; git commit -m "Remote of the team"')
    project.types("dvc config --local remote.team.verify true")
    assert project.run("git", "status", "--porcelain", ".dvc") == "", "what is local stays local"
    learn(project, 0.007)
    here = cluster.environment | {"RAY_ADDRESS": cluster.address}
    project.types("genbench fanout --ray --remote team", under=here)
    assert up_to_date(project)
    project.commit()

    project.types("dvc push --run-cache --remote team")
    colleague = Reader(project.fresh(tmp_path / "colleague").path)
    one = "dvc pull --remote team features@wgan_gp-0-inception"
    colleague.types(one, put={"wgan_gp-0-inception": "vae-0-classifier"})
    features = "data/*/features/**/*"
    assert colleague.files(features) == {
        name: content for name, content in project.files(features).items() if "/vae/" in name
    }
    colleague.types("dvc pull --remote team")
    assert colleague.files(features) == project.files(features)
    assert up_to_date(colleague)


def test_the_plan_of_cifar10_with_inception(project: Reader) -> None:
    project.types("genbench use cifar10_inception")
    project.types("genbench check")
    said = project.types("genbench plan")
    assert "prepare" in said and "reference@inception" in said


def test_a_token(project: Reader, tmp_path: Path) -> None:
    said = project.types("ray get-auth-token --generate", under={"HOME": str(tmp_path)})
    assert (tmp_path / ".ray/auth_token").read_text(encoding="utf-8").strip() in said
