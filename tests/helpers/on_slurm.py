"""The small project with its commands going through profiles/slurm, and what the scheduler knows of its jobs."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from helpers.one_node import jobs
from helpers.projects import Project

SCORES = "results/net/layer4/scores.parquet"
# asked every few seconds, and without an accounting database
QUICK = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3", "--latency-wait", "5"]


class OnSlurm(Project):
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
