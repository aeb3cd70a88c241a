"""Jobs that die, and what the next run makes of it."""

import os
import signal
import subprocess
import time

import pytest

from conftest import new_project


def processes_of(script: str, folder) -> list[int]:
    """The processes that run a copy of one of the workflow's scripts in a folder."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    arguments = file.read().decode(errors="replace").split("\0")
                where = os.readlink(f"/proc/{entry}/cwd")
            except OSError:
                continue
            is_python = "python" in os.path.basename(arguments[0])
            if is_python and where == str(folder) and any(argument.endswith(script) for argument in arguments[1:]):
                found.append(int(entry))
    return found


def differing(made: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    """The names of the artifacts that are not in both, or not the same."""
    return sorted(name for name in made.keys() | expected.keys() if made.get(name) != expected.get(name))


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="finds processes in /proc")
def test_a_killed_job_leaves_no_artifact_and_the_next_run_finishes_with_the_same_bytes(finished, project):
    output = "results/models/one/weights.safetensors"
    expected = finished.artifacts()
    (project.folder / output).unlink()
    running = subprocess.Popen(
        project.command(output), cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.time() + 120
    while not (pids := processes_of("train_image_text.py", project.folder)):
        assert running.poll() is None and time.time() < deadline, "the job did not start"
        time.sleep(0.02)
    time.sleep(1.0)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    running.communicate(timeout=120)
    assert running.returncode != 0
    assert not (project.folder / output).exists()
    project.run(output)
    project.run()
    assert differing(project.artifacts(), expected) == []


def test_two_runs_make_the_same_bytes(finished, tmp_path):
    again = new_project(tmp_path / "again")
    again.run()
    assert differing(again.artifacts(), finished.artifacts()) == []
