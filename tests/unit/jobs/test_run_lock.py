"""Which run a folder belongs to, and what a job does once another run has begun."""

import errno
import fcntl
import os
import socket
import subprocess
import sys

import pytest

from linexp.artifacts.atomic_files import atomic
from linexp.errors import LinexpError
from linexp.jobs import run_lock

BEGIN = "import sys; from pathlib import Path; from linexp.jobs import run_lock; run_lock.begin_run(Path(sys.argv[1]))"
WAIT = "; print('begun', flush=True); sys.stdin.read()"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The `.snakemake` of the folder that the test works in, with the lock of a killed run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(run_lock.VARIABLE, "")
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    return tmp_path / ".snakemake"


def begin(folder, more=""):
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + more, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def lock(folder):
    path = folder / "locks/0.output.lock"
    path.parent.mkdir(exist_ok=True)
    path.write_text("results/a.h5\n")
    return path


def test_a_killed_run_leaves_nothing_that_hinders_the_next(folder):
    first = begin(folder, WAIT)
    assert first.stdout.readline() == "begun\n"
    left = lock(folder)
    first.kill()
    first.wait()
    run_lock.begin_run(folder)
    assert not left.exists()
    assert run_lock.belongs_to_latest(folder)


def test_a_living_run_is_named_and_keeps_its_locks(folder):
    first = begin(folder, WAIT)
    assert first.stdout.readline() == "begun\n"
    left, said = lock(folder), (folder / "linexp_run").read_bytes()
    with pytest.raises(LinexpError, match=rf"process {first.pid} on {socket.gethostname()}\); wait for it"):
        run_lock.begin_run(folder)
    assert left.exists() and (folder / "linexp_run").read_bytes() == said
    assert run_lock.VARIABLE not in os.environ
    first.communicate()


def test_what_a_run_starts_does_not_hold_its_lock(folder):
    more = "; import subprocess; print(subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL).pid, flush=True)"
    output, _ = begin(folder, more).communicate()
    try:
        run_lock.begin_run(folder)
    finally:
        os.kill(int(output), 9)


@pytest.mark.parametrize("said", ["0123 77 another-machine another-kernel\n", ""])
def test_locks_of_another_machine_are_left_to_the_user(folder, said):
    (folder / "linexp_run").write_text(said)
    left = lock(folder)
    with pytest.raises(LinexpError, match=r"(another-machine \(process 77\)|an unknown machine).*snakemake --unlock$"):
        run_lock.begin_run(folder)
    assert left.exists() and (folder / "linexp_run").read_text() == said


def test_a_container_with_a_new_name_on_the_same_kernel_is_the_same_machine(folder, monkeypatch):
    begin(folder).communicate()
    left = lock(folder)
    monkeypatch.setattr(socket, "gethostname", lambda: "new-name")
    run_lock.begin_run(folder)
    assert not left.exists()


def test_a_run_of_another_machine_that_ended_is_followed(folder):
    (folder / "linexp_run").write_text("0123 77 another-machine another-kernel\n")
    run_lock.begin_run(folder)
    assert (folder / "linexp_run").read_text().split()[2] == socket.gethostname()


def test_where_the_file_system_knows_no_flock_snakemake_s_locks_decide(folder, monkeypatch):
    def without_flock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", without_flock)
    left = lock(folder)
    run_lock.begin_run(folder)
    assert left.exists() and not (folder / "linexp_run").read_text()
    assert not run_lock.belongs_to_latest(folder)


def test_a_job_of_a_run_that_another_followed_writes_nothing(folder, tmp_path):
    run_lock.begin_run(folder)
    path = tmp_path / "results/a.txt"
    with atomic(path) as temporary:
        temporary.write_text("of the first run")
    with pytest.raises(LinexpError, match="another has begun"), atomic(path) as temporary:
        temporary.write_text("too late")
        (folder / "linexp_run").write_text("4567 1 here kernel\n")
    with pytest.raises(LinexpError, match="another has begun"), atomic(path):
        pytest.fail("it began to write")
    assert path.read_text() == "of the first run"
    assert [file.name for file in path.parent.iterdir()] == ["a.txt"]


def test_two_writers_of_one_file_do_not_mix(tmp_path):
    path = tmp_path / "a.txt"
    with atomic(path) as late:
        late.write_text("late")
        with atomic(path) as early:
            early.write_text("early, and longer")
        assert path.read_text() == "early, and longer"
    assert path.read_text() == "late"


def test_what_a_killed_job_left_is_removed_by_the_next_of_the_latest_run(folder, tmp_path):
    left, other = tmp_path / "a.h5.0123abcd.tmp", tmp_path / "b.h5.0123abcd.tmp"
    left.touch()
    other.touch()
    with atomic(tmp_path / "a.h5") as temporary:
        temporary.touch()
    assert left.exists()
    run_lock.begin_run(folder)
    with atomic(tmp_path / "a.h5") as temporary:
        assert not left.exists() and other.exists()
        temporary.touch()
