"""The environments of the rules and the profiles agree with pyproject.toml, the lock and the rules."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from helpers.plans import Rule, rules

REPOSITORY = Path(__file__).parents[2]
OTHER_NAMES = {"matplotlib": "matplotlib-base", "open_clip_torch": "open-clip-torch", "torch": "pytorch"}
NOT_IN_SCRIPTS = {"snakemake"}


def test_the_environment_has_the_dependencies_and_ranges_of_the_project():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
    parts = [re.match(r"([\w-]+)(.*)", dependency).groups() for dependency in project]
    expected = {OTHER_NAMES.get(name, name): versions for name, versions in parts if name not in NOT_IN_SCRIPTS}
    environment = yaml.safe_load((REPOSITORY / "envs/linexp.yaml").read_text())["dependencies"]
    listed = [entry for entry in environment if isinstance(entry, str)] + environment[-1]["pip"]
    found = dict([*entry.split(), ""][:2] for entry in listed)
    assert found.pop("python") == ">=3.11" and found.pop("pip") == ""
    assert found == expected


def test_the_lock_has_every_dependency_in_the_range_that_the_environments_allow():
    lines = (REPOSITORY / "requirements.lock").read_text().splitlines()
    locked = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    for requirement in map(Requirement, named):
        if requirement.name != project["name"]:
            assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_the_container_has_the_dependencies_of_the_project_at_the_versions_of_the_lock(tmp_path):
    definition = (REPOSITORY / "envs/linexp.def").read_text()
    files, post = re.search(r"%files\n(.*?)\n%post\n(.*)", definition, re.DOTALL).groups()
    folder = re.search(r"cd (\S+)", post)[1]
    assert re.findall(r"(\S+) (\S+)", files) == [(f, f"{folder}/{f}") for f in ("pyproject.toml", "requirements.lock")]
    print_dependencies, target = re.search(r"python (-c .*) > (\S+)", post).groups()
    printed = subprocess.run(
        [sys.executable, *shlex.split(print_dependencies)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert printed == project["dependencies"]
    assert f"--constraint requirements.lock --requirement {target}" in post
    python = re.search(r"^From: python:(\d+\.\d+)", definition, re.MULTILINE)[1]
    assert python in SpecifierSet(project["requires-python"])


@pytest.fixture(scope="module")
def every_rule() -> list[Rule]:
    return [rule for rule in rules(REPOSITORY) if rule.script]


def test_the_profiles_agree_on_reruns_and_name_the_same_rules_for_a_gpu(every_rule):
    default, slurm = (
        yaml.safe_load((REPOSITORY / f"profiles/{name}/config.yaml").read_text()) for name in ("default", "slurm")
    )
    assert "shared-fs-usage" in default and "shared-fs-usage" not in slurm, "all of it is shared on a cluster"
    del default["shared-fs-usage"]
    assert default.items() <= slurm.items(), "the one replaces the other"
    on_gpu = {rule.name for rule in every_rule if rule.resources.get("gpu") == 1}
    assert len(on_gpu) > 10 and set(slurm["set-resources"]) == on_gpu
    assert all(asked == {"gpu": 1} for asked in slurm["set-resources"].values())


def test_every_rule_that_is_no_local_one_asks_for_memory_and_time(every_rule):
    asks = {rule.name for rule in every_rule if {"mem_mb", "runtime"} <= set(rule.resources)}
    assert asks == {rule.name for rule in every_rule if not rule.is_local}


def test_every_rule_has_an_environment_a_log_and_a_line_that_says_what_it_does(every_rule):
    assert len(every_rule) > 40
    for rule in every_rule:
        assert rule.conda and len(rule.log) == 1 and rule.message, rule.name
