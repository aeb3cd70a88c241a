"""The workflow on a real SLURM: its jobs run there, get what they ask for, compute the same, and survive their end."""

import re
import shutil
from itertools import combinations
from pathlib import Path

import pytest

from helpers.on_slurm import SCORES
from helpers.one_node import wait_until

ON_A_GPU = {"train_classifier", "embed_images", "record_activations"}
A_GPU = "gres:gpu:1"


@pytest.fixture(scope="module")
def scored(cluster, local):
    """The project after a run through SLURM, its output, and the jobs that were planned.

    It starts with two jobs that run networks and need nothing of each other: a training, and embedding the images.
    """
    project = type(local)(local.copy(local.folder.with_name("scored")).folder)
    project.remove("net", "models/net", "probes/scenes/embeddings/two.h5")
    planned = project.plan("--workflow-profile", "profiles/slurm", "--max-threads", "2", SCORES).jobs
    return project, project.run("--slurm-keep-successful-logs", SCORES), planned


def amount(job, resource):
    """What a job was given of a resource: a number, memory in MiB."""
    return int(re.search(rf"\b{resource}=(\d+)", job["TRES"])[1])


def test_every_job_ran_under_slurm(scored):
    project, output, _ = scored
    found = project.jobs()
    assert len(found) == output.count("has been submitted with SLURM jobid") == 9
    assert {job["JobState"] for job in found} == {"COMPLETED"}
    for job in found:
        assert f"(Rule: {job['rule']})" in Path(job["StdOut"]).read_text()


def test_the_results_are_those_of_a_local_run_bit_for_bit(scored, local):
    project, _, _ = scored
    assert project.artifacts() == local.artifacts()
    assert project.planned(SCORES) == {}, "the profile's other resources remake nothing"


def test_jobs_get_the_threads_memory_and_time_that_their_rules_ask_for(scored):
    project, _, planned = scored
    asked = {job.rule: job.resources for job in planned}
    assert len(asked) == len(planned) == 9
    for job in project.jobs():
        resources = asked[job["rule"]]
        hours, minute = divmod(resources["runtime"], 60)
        assert job["TimeLimit"] == f"{hours:02d}:{minute:02d}:00"
        assert amount(job, "mem") == resources["mem_mb"] >= 2_000
        assert amount(job, "cpu") == resources["_cores"]


def test_jobs_that_run_networks_get_one_gpu_each_one_after_another(scored):
    project, _, _ = scored
    found = project.jobs()
    assert {job["rule"]: job.get("TresPerJob") for job in found} == {
        job["rule"]: A_GPU if job["rule"] in ON_A_GPU else None for job in found
    }
    pairs = list(combinations([job for job in found if job["rule"] in ON_A_GPU], 2))
    waited = [pair for pair in pairs if max(j["SubmitTime"] for j in pair) < min(j["EndTime"] for j in pair)]
    assert waited, "some jobs were there at the same time"
    for pair in pairs:
        first, second = sorted(pair, key=lambda job: job["StartTime"])
        assert first["EndTime"] <= second["StartTime"]


def test_a_changed_setting_is_noticed_without_snakemake_s_memory_and_followed_under_slurm(project, local):
    shutil.rmtree(project.folder / ".snakemake")
    config = project.config()
    config["methods"]["le_siglip"]["lambda"] = 0.2
    project.configure(config)
    name = "results/net/layer4/explanations/le_siglip.parquet"
    said = project.run(name)
    assert f"linexp: {name} is made again, reason: method.lambda 0.05 → 0.2" in said
    assert [job["rule"] for job in project.jobs()] == ["explain_linear"]
    assert project.planned(name) == {}
    assert (project.folder / name).read_bytes() != (local.folder / name).read_bytes()


def test_cancelled_jobs_and_those_out_of_memory_are_reported_and_tried_again(project, local):
    # two ways to ask for a kind of GPU, and memory that does for the second attempt, as lines of the profile
    project.edit_profile(
        ("gpu: 1 ", "gpu: 0 "),
        ('# gres: "gpu:a100:1"', 'gres: "gpu:a100:1"'),
        (
            "embed_concepts: *gpu_job",
            "embed_concepts: {gpu: 1, gpu_model: a100, slurm_partition: main, mem_mb: 100*30**(attempt-1)}",
        ),
    )
    weights, concepts = "models/two/weights.safetensors", "probes/scenes/concepts/words/one.h5"
    project.remove(weights, concepts)
    with project.started(f"results/{weights}", f"results/{concepts}") as process:
        running = wait_until(
            lambda: [job for job in project.jobs("train_image_text") if job["JobState"] == "RUNNING"], "none runs", 120
        )
        project.cancel(running[0])
        assert process.wait() == 0, project.log()

    cancelled, trained = project.jobs("train_image_text")
    assert (cancelled["JobState"], trained["JobState"]) == ("CANCELLED", "COMPLETED")
    assert amount(trained, "mem") == 2 * amount(cancelled, "mem")
    assert cancelled["TresPerNode"] == trained["TresPerNode"] == "gres:gpu:a100:1"
    killed, embedded = project.jobs("embed_concepts")
    assert killed["JobState"] != "COMPLETED" == embedded["JobState"]
    assert (amount(killed, "mem"), amount(embedded, "mem")) == (100, 3_000)
    assert "memory" in Path(killed["StdOut"]).read_text()
    assert (embedded["TresPerJob"], embedded["Partition"]) == ("gres:gpu:a100:1", "main")
    for failed in (cancelled, killed):
        assert f"SLURM-job '{failed['JobId']}' failed" in project.log()
        assert failed["StdOut"] in project.log()
    assert project.artifacts() == local.artifacts()


def test_blocks_of_images_run_side_by_side_and_a_cancelled_one_runs_again_alone(project, local):
    project.edit_profile(("gpu: 1 ", "gpu: 0 "))  # as there is one, and two jobs are to run at once
    config = project.config()
    config["probes"]["scenes"]["image_blocks"] = 2
    project.configure(config)
    embeddings = "probes/scenes/embeddings/two.h5"
    project.remove(embeddings)
    rule = "embed_images_block"

    def both():
        running = [job for job in project.jobs(rule) if job["JobState"] == "RUNNING"]
        return running if len(running) == 2 else []

    with project.started(f"results/{embeddings}") as process:
        _, second = wait_until(both, "two blocks do not run at once", 120)
        project.cancel(second)
        assert process.wait() == 0, project.log()
    states = [(job["JobId"] == second["JobId"], job["JobState"]) for job in project.jobs(rule)]
    assert states == [(False, "COMPLETED"), (True, "CANCELLED"), (False, "COMPLETED")]
    assert [job["JobState"] for job in project.jobs("merge_embeddings")] == ["COMPLETED"]
    assert project.artifacts() == local.artifacts()
    assert project.planned(SCORES) == {}
