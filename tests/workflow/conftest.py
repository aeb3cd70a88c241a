"""A small workflow that has run to its end, kept while the code is the same; tests copy it before they change it."""

import fcntl
import hashlib
import importlib.metadata
import shutil
from pathlib import Path

import pytest

from helpers.projects import CONFIG, Project, copied_code, new_project


@pytest.fixture(scope="session")
def finished(pytestconfig, tmp_path_factory) -> Project:
    """A project whose whole workflow has run; the first process that asks for it builds it. Not to be changed."""
    kept = Path(pytestconfig.cache.mkdir("finished")) / _digest()
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            building = kept.with_suffix(".tmp")
            shutil.rmtree(building, ignore_errors=True)
            new_project(building).run()
            building.rename(kept)
    return Project(kept).copy(tmp_path_factory.mktemp("finished") / "project")


def _digest() -> str:
    """Of all that the project's results come from: the code, its configuration and the packages."""
    digest = hashlib.sha256(repr(CONFIG).encode())
    for path in sorted(copied_code()):
        digest.update(str(path).encode() + path.read_bytes())
    packages = sorted((one.name, one.version) for one in importlib.metadata.distributions())
    digest.update(repr(packages).encode())
    return digest.hexdigest()[:16]


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished project, to change."""
    return finished.copy(tmp_path / "project")
