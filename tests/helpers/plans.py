"""What Snakemake plans in a folder, asked in a child process that has its libraries loaded already."""

import gc
import importlib
import json
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
import snakemake.workflow
import yaml
from snakemake.dag import DAG
from snakemake.workflow import Workflow

# what the rules load of other packages is loaded once, not in every child
for name in ("figures.of_layer", "paper.tables", "planning.inputs", "planning.work"):
    importlib.import_module(f"linexp.{name}")
snakemake.cli.get_argument_parser()  # loads Snakemake's plugins


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


@dataclass(frozen=True)
class Rule:
    """A rule as Snakemake has read it."""

    name: str
    is_local: bool
    resources: dict[str, Any]
    script: str | None
    conda: str | None
    log: list[str]
    message: str | None


def plan(folder: Path, *arguments: str) -> Plan:
    """The plan of `snakemake --dry-run` with these arguments, by the code in the folder."""
    (status, jobs), said = _in_a_child(lambda: _planned(folder, ["--dry-run", "--cores", "2", *arguments]))
    return Plan(status, said, jobs)


def recipes(folder: Path, configs: list[dict], *arguments: str) -> list[dict[str, tuple[str, dict]]]:
    """What all that is planned would be made of by each of several configurations, in a folder without results.

    Returns
    -------
    list[dict[str, tuple[str, dict]]]
        For each configuration, by the first file of each job, its rule and its recipe, without digests of code.
    """
    return _in_a_child(lambda: _recipes(folder, configs, list(arguments)))[0]


def rules(folder: Path) -> list[Rule]:
    """All rules of the Snakefile in a folder, copies among them."""
    return _in_a_child(lambda: _rules(folder))[0]


def _planned(folder: Path, arguments: list[str]) -> tuple[int, list[Job]]:
    status, dags = _snakemake(folder, arguments, DAG)
    return status, [_job(job) for dag in dags for job in dag.needrun_jobs(exclude_finished=False)]


def _recipes(folder: Path, configs: list[dict], arguments: list[str]) -> list[dict[str, tuple[str, dict]]]:
    found = []
    _begin(folder)
    snakemake.workflow.parse = _each_once(snakemake.workflow.parse)
    for config in configs:
        Path("config.yaml").write_text(yaml.safe_dump(config))
        status, dags = _built(["--dry-run", "--quiet", "--cores", "2", *arguments], DAG)
        assert status == 0
        found.append({str(job.output[0]): (job.rule.name, _recipe(job)) for dag in dags for job in dag.jobs})
    return found


def _each_once(parse: Callable) -> Callable:
    """Snakemake's parser, which reads a rule file again only where the number of rules before it is another one."""
    kept: dict[tuple, tuple] = {}

    def parsed(path, workflow, linemap, rulecount):
        key = path.get_path_or_uri(secret_free=True), rulecount
        if key not in kept:
            kept[key] = parse(path, workflow, linemap=linemap, rulecount=rulecount), dict(linemap)
        found, lines = kept[key]
        linemap |= lines
        return found

    return parsed


def _recipe(job) -> dict:
    """The recipe of a job, without what it says of the code and of itself."""
    path = dict(job.input.items()).get("recipe")
    recipe = json.loads(Path(path).read_text()) if path else {}
    return {part: recipe.get(part) for part in ("settings", "files", "made_from")}


def _rules(folder: Path) -> list[Rule]:
    _, workflows = _snakemake(folder, ["--list-rules"], Workflow)
    return [
        Rule(
            rule.name,
            rule.name in workflow._localrules,
            {name: None if resource.is_evaluable() else resource.value for name, resource in rule.resources.items()},
            rule.script,
            rule.conda_env and str(rule.conda_env),
            list(map(str, rule.log)),
            rule.message,
        )
        for workflow in workflows
        for rule in workflow.rules
    ]


def _snakemake(folder: Path, arguments: list[str], kind: type) -> tuple[int, list]:
    """The exit status of Snakemake in a folder, and its objects of a kind."""
    _begin(folder)
    return _built(arguments, kind)


def _begin(folder: Path) -> None:
    """Work in a folder, by the code there."""
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "linexp"]:
        del sys.modules[name]  # the folder has a library of its own
    sys.path[:] = [place for place in sys.path if not Path(place, "linexp").is_dir()]
    sys.dont_write_bytecode = True


def _built(arguments: list[str], kind: type) -> tuple[int, list]:
    """The exit status of Snakemake, and the objects of a kind that it built."""
    sys.argv = ["snakemake", *arguments]
    status, kept, build = 0, [], kind.__init__

    def build_and_keep(built, *args, **kwargs):
        kept.append(built)
        build(built, *args, **kwargs)

    kind.__init__ = build_and_keep
    try:
        snakemake.cli.main(arguments)
    except SystemExit as error:
        status = error.code or 0
    finally:
        kind.__init__ = build
    return status, kept


def _job(job) -> Job:
    resources = {name: value for name, value in job.resources.items() if isinstance(value, int | str)}
    return Job(
        job.rule.name, dict(job.wildcards_dict), resources, list(map(str, job.input)), list(map(str, job.output))
    )


def _in_a_child(work: Callable[[], Any]) -> tuple[Any, str]:
    """What a function gives in a forked process, and what that prints."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:
            gc.freeze()  # else collecting copies the memory of the parent
            os.close(reading)  # else it would wait for ever to be read, were the tests killed
            try:
                for number in (1, 2):
                    os.dup2(said.fileno(), number)
                sys.stdout, sys.stderr = (os.fdopen(number, "w") for number in (1, 2))
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
        said.seek(0)
        if not found:
            raise ChildProcessError(said.read())
        return pickle.loads(found), said.read()
