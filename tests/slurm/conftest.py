"""The small workflow of tests/workflow on a SLURM of one node, started for these tests."""

import copy
import shutil
import tempfile
from pathlib import Path

import pytest

from helpers.on_slurm import SCORES, OnSlurm
from helpers.one_node import running_cluster
from helpers.projects import CONFIG, new_project, with_small_blocks


@pytest.fixture(scope="session")
def cluster():
    folder = Path(tempfile.mkdtemp(prefix="linexp-slurm-"))
    with running_cluster(folder):
        yield
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def local(tmp_path_factory) -> OnSlurm:
    """One layer's scores of one method, made without SLURM on two cores; not to be changed."""
    new = with_small_blocks(new_project(tmp_path_factory.mktemp("slurm") / "local"))
    config = copy.deepcopy(CONFIG)
    config["targets"]["net"] |= {"methods": ["le_siglip"], "controls": []}
    config["targets"]["net"]["layers"]["layer4"]["ablation"] = False
    new.configure(config)
    new.run(SCORES)
    return OnSlurm(new.folder)


@pytest.fixture
def project(cluster, local, tmp_path) -> OnSlurm:
    """A copy of the finished project, for runs through SLURM."""
    return OnSlurm(local.copy(tmp_path / "project").folder)
