"""What Snakemake plans in a folder, asked in a child process that has its libraries loaded already."""

import os
import pickle
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import snakemake.cli
from snakemake.dag import DAG


@dataclass(frozen=True)
class Job:
    """A job that would run."""

    rule: str
    wildcards: dict[str, str]
    resources: dict[str, Any]
    inputs: list[str]
    outputs: list[str]


@dataclass(frozen=True)
class Plan:
    """What `snakemake --dry-run` says, and the jobs that it would run."""

    status: int
    said: str
    jobs: list[Job]

    @property
    def last(self) -> str:
        """The last line."""
        return self.said.strip().splitlines()[-1]


def plan(folder: Path, *arguments: str) -> Plan:
    """The plan of `snakemake --dry-run` with these arguments, by the code in the folder."""
    with tempfile.TemporaryFile("w+") as said:
        found = _in_a_child(lambda: _planned(folder, ["--dry-run", "--cores", "2", *arguments]), said.fileno())
        said.seek(0)
        if not found:
            raise ChildProcessError(said.read())
        status, jobs = pickle.loads(found)
        return Plan(status, said.read(), jobs)


def _planned(folder: Path, arguments: list[str]) -> tuple[int, list[Job]]:
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "linexp"]:
        del sys.modules[name]  # the folder has a library of its own
    sys.path[:] = [place for place in sys.path if not Path(place, "linexp").is_dir()]
    sys.dont_write_bytecode = True
    sys.argv = ["snakemake", *arguments]
    status, dags, build = 0, [], DAG.__init__

    def build_and_keep(dag, *args, **kwargs):
        dags.append(dag)
        build(dag, *args, **kwargs)

    DAG.__init__ = build_and_keep
    try:
        snakemake.cli.main(arguments)
    except SystemExit as error:
        status = error.code or 0
    return status, [_job(job) for dag in dags for job in dag.needrun_jobs(exclude_finished=False)]


def _job(job) -> Job:
    resources = {name: value for name, value in job.resources.items() if isinstance(value, int | str)}
    return Job(
        job.rule.name, dict(job.wildcards_dict), resources, list(map(str, job.input)), list(map(str, job.output))
    )


def _in_a_child(work: Callable[[], Any], output: int) -> bytes:
    """What a function gives in a forked process, pickled; its standard output and error go to a file."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(output, 1)
            os.dup2(output, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
            found = pickle.dumps(work())
            sys.stdout.flush()
            sys.stderr.flush()
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(found)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        found = pipe.read()
    os.waitpid(child, 0)
    return found
