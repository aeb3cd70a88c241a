"""Jobs and runs that are killed or interrupted, and two runs at once: the next run of the same command goes on."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from helpers import killed_jobs
from helpers.projects import new_project
from helpers.running import differing, processes_of

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc"), reason="finds processes in /proc")
WEIGHTS = "results/models/one/weights.safetensors"
KILLED_RUNS = ("draw_scenes", "train_image_text", "explain_linear", "make_report")


def train(project):
    """Snakemake in a session of its own, and the process of its job, which trains the weights."""
    (project.folder / WEIGHTS).unlink()
    log = project.folder / "results/logs/train_image_text/one.log"
    log.unlink()
    running = subprocess.Popen(
        project.command(WEIGHTS),
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )
    deadline = time.time() + 120
    while not log.exists():
        assert running.poll() is None and time.time() < deadline, "the job did not start"
        time.sleep(0.02)
    (job,) = processes_of("train_image_text.py", project.folder)
    return running, job


@pytest.mark.long
def test_every_stage_and_snakemake_itself_are_killed_and_the_same_command_finishes(finished, tmp_path, monkeypatch):
    project = new_project(tmp_path / "killed")
    hook, notes = tmp_path / "hook", tmp_path / "notes"
    notes.mkdir()
    hook.mkdir()
    shutil.copy(killed_jobs.__file__, hook / "sitecustomize.py")
    monkeypatch.setenv("PYTHONPATH", str(hook))
    monkeypatch.setenv("KILLED_JOBS", str(notes))
    monkeypatch.setenv("KILLED_RUNS", ",".join(KILLED_RUNS))
    killed = 0
    while (done := project.snakemake("--retries", "1")).returncode != 0:
        assert done.returncode == -signal.SIGKILL, done.stdout[-3000:]
        killed += 1
    # two of the stages can be at work in one run
    assert len(KILLED_RUNS) / 2 <= killed <= len(KILLED_RUNS)
    stages = {path.name for path in (finished.folder / "results/logs").iterdir()}
    assert {path.name for path in notes.iterdir()} == stages
    assert differing(project.artifacts(), finished.artifacts()) == []
    monkeypatch.undo()
    assert project.planned() == {}


@pytest.mark.long
def test_a_second_run_says_that_there_is_one_and_changes_nothing(finished, project):
    first, job = train(project)
    os.kill(job, signal.SIGSTOP)
    before = project.artifacts()
    for targets in ([WEIGHTS], ["results/net/layer3/activations.h5"]):
        second = project.snakemake(*targets)
        assert second.returncode != 0 and "Traceback" not in second.stdout
        last = second.stdout.strip().splitlines()[-1]
        assert last.startswith(f"linexp: another run is at work in {project.folder} (process {first.pid} on "), last
        assert "nothing was changed" in last and "--unlock" not in second.stdout
    assert "train_image_text" in project.run("--dry-run", WEIGHTS)
    assert differing(project.artifacts(), before) == []
    os.kill(job, signal.SIGCONT)
    output, _ = first.communicate(timeout=120)
    assert first.returncode == 0, output[-3000:]
    project.run()
    assert differing(project.artifacts(), finished.artifacts()) == []


@pytest.mark.long
def test_ctrl_c_leaves_what_the_next_run_repairs(finished, project):
    running, _ = train(project)
    os.killpg(running.pid, signal.SIGINT)
    output, _ = running.communicate(timeout=120)
    assert (
        running.returncode != 0
        and "rules/common.smk" not in output
        and "linexp: interrupted; run the same command again" in output
    )
    assert not (project.folder / WEIGHTS).exists() and not list(project.folder.rglob("*.tmp"))
    project.run(WEIGHTS)
    assert differing(project.artifacts(), finished.artifacts()) == []


@pytest.mark.long
def test_a_job_that_outlived_its_run_leaves_the_next_run_s_files_alone(finished, project):
    running, job = train(project)
    running.kill()
    running.wait()
    os.kill(job, signal.SIGSTOP)  # not before: the kernel ends stopped jobs of a session that nobody leads
    try:
        config = project.config()
        config["trained_models"]["one"]["epochs"] = 2
        project.configure(config)
        project.run(WEIGHTS)
        of_two_epochs = (project.folder / WEIGHTS).read_bytes()
        assert of_two_epochs != (finished.folder / WEIGHTS).read_bytes()
    finally:
        os.kill(job, signal.SIGCONT)
    assert "another has begun" in running.stdout.read()
    assert (project.folder / WEIGHTS).read_bytes() == of_two_epochs
    assert not list(project.folder.rglob("*.tmp"))
