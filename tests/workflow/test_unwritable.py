"""A disk that is full and folders that may not be written: one line that says which file and what to do."""

import ctypes
import os
import resource
import subprocess
import sys

import pytest

from helpers.running import differing

KILOBYTE = 1024
CUT = ("results/net/layer4/activations.h5", "results/probes/scenes/P/words/one/P.h5")


def with_small_files():
    """As on a full disk: no file can grow above 40 kB. A disk of its own would need a mount."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (40 * KILOBYTE, 40 * KILOBYTE))


def without_privileges():
    """Let permissions hold for the superuser too, from the next program on."""
    drop_from_bounding_set, override_permissions = 24, 1
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions, 0, 0, 0):
        os._exit(77)


@pytest.fixture
def permissions():
    """That they hold can be arranged."""
    if not hasattr(ctypes.CDLL(None), "prctl"):
        pytest.skip("only Linux can take a privilege from the superuser")
    if subprocess.run([sys.executable, "-c", ""], preexec_fn=without_privileges).returncode == 77:
        pytest.skip("the superuser may not give up a privilege here")


def said(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("linexp: ")]


@pytest.mark.long
def test_a_full_disk_leaves_no_half_file_and_the_next_run_goes_on(finished, project):
    for name in CUT:
        (project.folder / name).unlink()
    project.run("--dry-run", *CUT)  # what is kept of a plan is larger than that too
    done = project.snakemake("--keep-going", *CUT, before=with_small_files)
    assert done.returncode != 0
    remedy = (
        "cannot be written (File too large); raise the largest file size (ulimit -f), then run the same command again"
    )
    assert sorted(said(done.stdout)) == sorted(f"linexp: {name} {remedy}" for name in CUT)
    assert "Traceback" not in done.stdout and "Segmentation" not in done.stdout
    assert not any((project.folder / name).exists() for name in CUT)
    assert not list(project.folder.rglob("*.tmp"))
    project.run(*CUT)
    assert differing(project.artifacts(), finished.artifacts()) == []


def test_read_only_results_stop_a_run_before_any_job(project, permissions):
    (project.folder / "results/net/layer4/scores.parquet").unlink()
    (project.folder / "results").chmod(0o555)
    done = project.snakemake(before=without_privileges)
    (project.folder / "results").chmod(0o755)
    assert done.returncode != 0 and "Traceback" not in done.stdout and "Reason: " not in done.stdout
    last = done.stdout.strip().splitlines()[-1]
    assert last == (
        "linexp: results cannot be written (Permission denied); "
        "make the folder writable for this user, then run the same command again"
    )


def test_a_folder_that_may_not_be_written_is_named_with_the_file(finished, project, permissions):
    name = "results/net/layer4/explanations/le_label.parquet"
    (project.folder / name).unlink()
    (project.folder / name).parent.chmod(0o555)
    before = project.artifacts()
    done = project.snakemake(name, before=without_privileges)
    (project.folder / name).parent.chmod(0o755)
    assert done.returncode != 0 and "Traceback" not in done.stdout
    assert said(done.stdout) == [
        f"linexp: {name} cannot be written (Permission denied); "
        "make the folder writable for this user, then run the same command again"
    ]
    assert differing(project.artifacts(), before) == []
    project.run(name)
    assert differing(project.artifacts(), finished.artifacts()) == []
