"""Artifacts are written and read without HDF5's file locks, which many shared file systems do not have."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from linexp.artifacts import store

READ = """
from linexp.artifacts import attributes, store
print(attributes.read_attributes(sys.argv[1])["made_by"], *store.read_arrays(sys.argv[1], "P")[0])
"""
WRITE = """
import fcntl
import numpy as np
from linexp.artifacts import store
with store.create_arrays(sys.argv[1], store.Provenance("a_rule", {}, "f" * 64)) as file:
    store.write_array(file, "P", np.array([1.0, 2.0]))
    with open(file.filename, "rb") as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""
READ_AS_H5PY_DOES = "import h5py; h5py.File(sys.argv[1], 'r')"
WRITE_AS_H5PY_DOES = """
import fcntl, h5py
with h5py.File(sys.argv[1], "w"), open(sys.argv[1], "rb") as again:
    fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""


def run(code: str, path: Path, setting: str | None = None) -> subprocess.CompletedProcess:
    """Python code in a process of its own, as HDF5 reads the variable when it is loaded."""
    environment = {name: value for name, value in os.environ.items() if name != "HDF5_USE_FILE_LOCKING"}
    environment |= {"HDF5_USE_FILE_LOCKING": setting} if setting else {}
    command = [sys.executable, "-c", f"import sys\n{code}", str(path)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture
def artifact(tmp_path):
    """One that is locked, as it is where another program has it open."""
    path = tmp_path / "a.h5"
    store.write_arrays(path, store.Provenance("a_rule", {}, "f" * 64), {"P": np.array([1.5, 2.5])})
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield path


@pytest.mark.parametrize("setting", [None, "FALSE"])
def test_an_artifact_is_read_whatever_locks_are_on_it(artifact, setting):
    assert "unable to lock file" in run(READ_AS_H5PY_DOES, artifact).stderr, "the lock is one of HDF5's"
    done = run(READ, artifact, setting)
    assert done.stdout == "a_rule 1.5 2.5\n", done.stderr


@pytest.mark.parametrize("setting", [None, "FALSE"])
def test_an_artifact_is_written_without_a_lock(tmp_path, setting):
    assert "BlockingIOError" in run(WRITE_AS_H5PY_DOES, tmp_path / "b.h5").stderr, "h5py locks what it writes"
    done = run(WRITE, tmp_path / "a.h5", setting)
    assert done.returncode == 0, done.stderr
    assert store.read_arrays(tmp_path / "a.h5", "P")[0].tolist() == [1.0, 2.0]
