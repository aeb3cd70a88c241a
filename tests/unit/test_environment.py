"""The conda environment of the rules names what pyproject.toml names."""

import re
import tomllib
from pathlib import Path

import yaml

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
