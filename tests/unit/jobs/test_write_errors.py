"""What a script says when the system refuses to write."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from linexp.artifacts.atomic_files import atomic
from linexp.errors import LinexpError
from linexp.jobs import write_errors

SCRIPT = """
import os, resource, sys
from types import SimpleNamespace
import linexp, numpy as np, pyarrow as pa, torch
from linexp.artifacts import store, weights
from linexp.jobs import runtime
runtime.start(SimpleNamespace(log=["a.log"], scriptdir=os.path.dirname(linexp.__path__[0])))
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
made, rows = store.Provenance("rule", {}, ""), np.random.default_rng(0).random((3000, 20), np.float32)
def write_rows(path):
    with store.create_arrays(path, made) as file:
        store.write_rows(file, "rows", [rows], 3000)
{
    "whole.h5": lambda path: store.write_arrays(path, made, {"rows": rows, "strings": ["a"]}),
    "strings.h5": lambda path: store.write_arrays(path, made, {"strings": ["a" * 100] * 1000}),
    "rows.h5": write_rows,
    "a.parquet": lambda path: store.write_table(path, made, pa.table({"rows": rows.ravel()})),
    "a.json": lambda path: store.write_json(path, made, {"rows": rows.tolist()}),
    "a.safetensors": lambda path: weights.write_weights(path, {"rows": torch.from_numpy(rows)}, made),
}[sys.argv[1]](sys.argv[1])
"""
NAMES = ("whole.h5", "strings.h5", "rows.h5", "a.parquet", "a.json", "a.safetensors")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_cannot_grow_is_one_line_and_leaves_nothing(tmp_path, name):
    done = subprocess.run([sys.executable, "-c", SCRIPT, name], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == (
        f"linexp: {name} cannot be written (File too large); "
        "raise the largest file size (ulimit -f), then run the same command again\n"
    )
    assert done.returncode == 1
    assert (tmp_path / "a.log").read_text() == done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]


def error_of(number: int, name: str | None = None) -> OSError:
    return OSError(number, "", name) if name else OSError(number, "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (error_of(errno.ENOSPC), "make room on the disk"),
        (error_of(errno.EDQUOT), "make room on the disk"),
        (error_of(errno.EROFS, "elsewhere"), "mount the disk writable"),
        (error_of(errno.EACCES, "folder/a.txt.tmp"), "make the folder writable"),
        (
            RuntimeError("Can't decrement id ref count (file write failed: errno = 28, error message = ...)"),
            "make room",
        ),
        (ValueError("Error while serializing: I/O error: No space left on device (os error 28)"), "make room"),
    ],
)
def test_what_the_system_says_is_said_of_the_file(error, words):
    found = write_errors.explained(error, Path("a.txt"), Path("folder/a.txt.tmp"))
    assert str(found).startswith("a.txt cannot be written (") and words in str(found)


@pytest.mark.parametrize("place", ["/home/me", "/home/me/.cache/torch/hub", "/scratch/.cache/huggingface"])
def test_a_cache_that_cannot_be_written_can_be_elsewhere(place, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    found = write_errors.explained(error_of(errno.EACCES, place), place)
    remedy = "set XDG_CACHE_HOME to a folder that can be written, then run the same command again"
    assert str(found) == f"{place} cannot be written (Permission denied); {remedy}"


@pytest.mark.parametrize(
    "error",
    [
        error_of(errno.EACCES, "an_input.png"),
        error_of(errno.ENOENT, "an_input.png"),
        ValueError("28"),
        LinexpError("a: is wrong"),
    ],
)
def test_other_errors_stay_what_they_are(tmp_path, error):
    with pytest.raises(type(error)) as caught, atomic(tmp_path / "a.txt"):
        raise error
    assert caught.value is error


def test_an_error_that_arose_from_another_is_explained_by_it(tmp_path):
    with pytest.raises(LinexpError, match=r"a\.txt cannot be written \(No space left"), atomic(tmp_path / "a.txt"):
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        finally:
            raise RuntimeError("closing failed")


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "results").touch()
    with pytest.raises(LinexpError, match="results cannot be written"):
        write_errors.check_folder(tmp_path / "results")
    with pytest.raises(LinexpError, match=r"results/a\.txt cannot be written"), atomic(tmp_path / "results/a.txt"):
        pytest.fail("it began to write")


@pytest.mark.parametrize("link", ["results", "results/probes", "results/probes/scenes/index.parquet"])
def test_a_link_that_leads_nowhere_is_named_with_its_target(tmp_path, monkeypatch, link):
    monkeypatch.chdir(tmp_path)
    Path(link).parent.mkdir(parents=True, exist_ok=True)
    Path(link).symlink_to("/nowhere/scratch")
    with pytest.raises(LinexpError) as caught:
        write_errors.check_links("results/probes/scenes/index.parquet")
    assert str(caught.value).startswith(f"{link} is a link to /nowhere/scratch, which is not there; make that folder")


def test_a_link_to_a_folder_is_as_good_as_the_folder(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "results").symlink_to("scratch")
    write_errors.check_links(tmp_path / "results/probes/index.parquet")
    write_errors.check_folder(tmp_path / "results")


def test_a_folder_that_is_a_link_to_nowhere_cannot_be_written_to(tmp_path):
    (tmp_path / "results").symlink_to("gone")
    with pytest.raises(LinexpError, match="results is a link to gone, which is not there"):
        write_errors.check_folder(tmp_path / "results")
