"""A small workflow that has run to its end, once for all tests of a run; tests copy it before they change anything."""

import fcntl

import pytest

from helpers.projects import Project, new_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id) -> Project:
    """A project whose whole workflow has run; the first process that asks for it builds it. Not to be changed."""
    place = tmp_path_factory.getbasetemp()
    place = place if worker_id == "master" else place.parent
    built = place / "finished_is_whole"
    with (place / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            new_project(place / "finished").run()
            built.touch()
    return Project(place / "finished")


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished project, to change."""
    return finished.copy(tmp_path / "project")
