"""Jobs and runs that are killed or interrupted, and two runs at once: the next run of the same command goes on."""

import os
import shutil
import signal
import subprocess
import time

import killed_jobs
import pytest
from test_faults import differing, processes_of

from conftest import new_project

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc"), reason="finds processes in /proc")
WEIGHTS = "results/models/one/weights.safetensors"
KILLED_RUNS = ("draw_scenes", "train_image_text", "make_pseudo_presence", "explain_linear", "simulate", "make_report")


def start(project, *arguments, script=None, **options):
    """Snakemake, once a job with a script has been at work for half a second."""
    running = subprocess.Popen(
        project.command(*arguments),
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )
    deadline = time.time() + 120
    while not processes_of(script, project.folder):
        assert running.poll() is None and time.time() < deadline, "the job did not start"
        time.sleep(0.02)
    time.sleep(0.5)
    return running


def wait_for_jobs(project, script):
    deadline = time.time() + 120
    while processes_of(script, project.folder):
        assert time.time() < deadline, "the job does not end"
        time.sleep(0.05)


def test_every_stage_and_snakemake_itself_are_killed_and_the_same_command_finishes(finished, tmp_path, monkeypatch):
    project = new_project(tmp_path / "killed")
    hook, notes = tmp_path / "hook", tmp_path / "notes"
    notes.mkdir()
    hook.mkdir()
    shutil.copy(killed_jobs.__file__, hook / "sitecustomize.py")
    monkeypatch.setenv("PYTHONPATH", str(hook))
    monkeypatch.setenv("KILLED_JOBS", str(notes))
    monkeypatch.setenv("KILLED_RUNS", ",".join(KILLED_RUNS))
    for _ in KILLED_RUNS:
        done = project.snakemake("--retries", "1")
        assert done.returncode == -signal.SIGKILL, done.stdout[-3000:]
    project.run("--retries", "1")
    stages = {path.name for path in (finished.folder / "results/logs").iterdir()}
    assert {path.name for path in notes.iterdir()} == stages
    assert differing(project.artifacts(), finished.artifacts()) == []
    monkeypatch.undo()
    assert project.planned() == {}


def test_a_second_run_says_that_there_is_one_and_changes_nothing(finished, project):
    (project.folder / WEIGHTS).unlink()
    first = start(project, WEIGHTS, script="train_image_text.py")
    before = project.artifacts()
    for targets in ([WEIGHTS], ["results/net/layer3/activations.h5"]):
        second = project.snakemake(*targets)
        assert second.returncode != 0 and "Traceback" not in second.stdout
        last = second.stdout.strip().splitlines()[-1]
        assert last.startswith(f"linexp: another run is at work in {project.folder} (process {first.pid} on "), last
        assert "nothing was changed" in last and "--unlock" not in second.stdout
    assert "train_image_text" in project.run("--dry-run", WEIGHTS)
    assert differing(project.artifacts(), before) == []
    output, _ = first.communicate(timeout=120)
    assert first.returncode == 0, output[-3000:]
    project.run()
    assert differing(project.artifacts(), finished.artifacts()) == []


def test_ctrl_c_leaves_what_the_next_run_repairs(finished, project):
    (project.folder / WEIGHTS).unlink()
    running = start(project, WEIGHTS, script="train_image_text.py")
    os.killpg(running.pid, signal.SIGINT)
    output, _ = running.communicate(timeout=120)
    assert running.returncode != 0 and "linexp: interrupted; run the same command again" in output
    assert not (project.folder / WEIGHTS).exists() and not list(project.folder.rglob("*.tmp"))
    project.run(WEIGHTS)
    assert differing(project.artifacts(), finished.artifacts()) == []


def test_a_job_that_outlived_its_run_leaves_the_next_run_s_files_alone(finished, project):
    (project.folder / WEIGHTS).unlink()
    running = start(project, WEIGHTS, script="train_image_text.py")
    (job,) = processes_of("train_image_text.py", project.folder)
    os.kill(job, signal.SIGSTOP)
    running.kill()
    running.wait()
    try:
        config = project.config()
        config["trained_models"]["one"]["epochs"] = 2
        project.configure(config)
        project.run(WEIGHTS)
        of_two_epochs = (project.folder / WEIGHTS).read_bytes()
        assert of_two_epochs != (finished.folder / WEIGHTS).read_bytes()
    finally:
        os.kill(job, signal.SIGCONT)
    wait_for_jobs(project, "train_image_text.py")
    assert "another has begun" in running.stdout.read()
    assert (project.folder / WEIGHTS).read_bytes() == of_two_epochs
    assert not list(project.folder.rglob("*.tmp"))
