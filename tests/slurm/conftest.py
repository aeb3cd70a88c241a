"""The small workflow of tests/workflow on a SLURM of one node, started for these tests."""

import copy
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from one_node import jobs, running_cluster

REPOSITORY = Path(__file__).parents[2]
SCORES = "results/net/layer4/scores.parquet"
# asked every few seconds, and without an accounting database
QUICK = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3", "--latency-wait", "5"]


def _small_workflow():
    """The helpers of the tests of the workflow, whose conftest has the name of this file."""
    specification = importlib.util.spec_from_file_location("small_workflow", REPOSITORY / "tests/workflow/conftest.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules["small_workflow"] = module
    specification.loader.exec_module(module)
    return module


small_workflow = _small_workflow()


class OnSlurm(small_workflow.Project):
    """A project whose commands go through profiles/slurm."""

    def command(self, *arguments: str) -> list[str]:
        profile = ["--workflow-profile", "profiles/slurm", "--max-threads", "2"]
        return [sys.executable, "-m", "snakemake", *profile, *QUICK, *arguments]

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen]:
        """The command as a process, with its output in `snakemake.log`; ended if it still runs in the end."""
        with (self.folder / "snakemake.log").open("w") as log:
            process = subprocess.Popen(self.command(*arguments), cwd=self.folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()

    def log(self) -> str:
        return (self.folder / "snakemake.log").read_text()

    def cancel(self, job: dict[str, str]) -> None:
        subprocess.run(["scancel", job["JobId"]], check=True)

    def remove(self, *names: str) -> None:
        """Delete artifacts, or folders of them."""
        for name in names:
            path = self.folder / "results" / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def edit_profile(self, *changes: tuple[str, str]) -> None:
        """Replace each first text by the second, as a user would in an editor."""
        path = self.folder / "profiles/slurm/config.yaml"
        text = path.read_text()
        for before, after in changes:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        path.write_text(text)

    def jobs(self, rule: str | None = None) -> list[dict[str, str]]:
        """The jobs of this folder as the scheduler knows them, in the order of submission, with their `rule`."""
        mine = [job for job in jobs() if job["WorkDir"] == str(self.folder)]
        found = [{**job, "rule": re.match(r"rule_(.*?)(_wildcards_|$)", job["Comment"])[1]} for job in mine]
        return sorted((job for job in found if rule in (None, job["rule"])), key=lambda job: int(job["JobId"]))


@pytest.fixture(scope="session")
def cluster():
    folder = Path(tempfile.mkdtemp(prefix="linexp-slurm-"))
    with running_cluster(folder):
        yield
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def local(tmp_path_factory) -> OnSlurm:
    """One layer's scores of one method, made without SLURM on two cores; not to be changed."""
    new = small_workflow.new_project(tmp_path_factory.mktemp("slurm") / "local")
    config = copy.deepcopy(small_workflow.CONFIG)
    config["targets"]["net"] |= {"methods": ["le_siglip"], "controls": []}
    config["targets"]["net"]["layers"]["layer4"]["ablation"] = False
    new.configure(config)
    new.run(SCORES)
    return OnSlurm(new.folder)


@pytest.fixture
def project(cluster, local, tmp_path) -> OnSlurm:
    """A copy of the finished project, for runs through SLURM."""
    return OnSlurm(local.copy(tmp_path / "project").folder)
