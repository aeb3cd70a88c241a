"""The workflow on a real SLURM: its jobs run there, get what they ask for, compute the same, and survive their end."""

import re
from itertools import combinations
from pathlib import Path

import pytest
from one_node import wait_until

from conftest import SCORES

ON_A_GPU = {"train_classifier", "train_image_text", "embed_images", "embed_concepts", "record_activations"}
A_GPU = "gres:gpu:1"


@pytest.fixture(scope="module")
def scored(cluster, local):
    """The project after a run through SLURM, from two trainings on which need nothing of each other; and its output."""
    project = type(local)(local.copy(local.folder.with_name("scored")).folder)
    of_two = ["embeddings/two.h5", "concepts/labels/two.h5", "concepts/words/two.h5"]
    project.remove("net", "models/net", "models/two", "calibration/two.json", *(f"probes/scenes/{n}" for n in of_two))
    return project, project.run("--slurm-keep-successful-logs", SCORES)


def amount(job, resource):
    """What a job was given of a resource: a number, memory in MiB."""
    return int(re.search(rf"\b{resource}=(\d+)", job["TRES"])[1])


def test_every_job_ran_under_slurm(scored):
    project, output = scored
    found = project.jobs()
    assert len(found) == output.count("has been submitted with SLURM jobid") == 11
    assert {job["JobState"] for job in found} == {"COMPLETED"}
    for job in found:
        assert f"rule {job['rule']}:" in Path(job["StdOut"]).read_text()


def test_the_results_are_those_of_a_local_run_bit_for_bit(scored, local):
    project, _ = scored
    assert project.artifacts() == local.artifacts()


def test_jobs_get_the_threads_memory_and_time_that_their_rules_ask_for(scored):
    project, output = scored
    for job in project.jobs():
        block = output[: output.index(f"submitted with SLURM jobid {job['JobId']} ")].rpartition(
            f"\nrule {job['rule']}:"
        )
        asked = re.search(r"resources: (.*)", block[2])[1]
        memory, minutes = (int(re.search(rf"\b{name}=(\d+)", asked)[1]) for name in ("mem_mb", "runtime"))
        hours, minute = divmod(minutes, 60)
        assert job["TimeLimit"] == f"{hours:02d}:{minute:02d}:00"
        assert amount(job, "mem") == memory >= 2_000
        assert amount(job, "cpu") == (re.search(r"threads: (\d+)", block[2]) or [1, 1])[1]


def test_jobs_that_run_networks_get_one_gpu_each_one_after_another(scored):
    project, _ = scored
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


def test_a_kind_of_gpu_is_a_line_of_the_profile(project):
    project.edit_profile(("# gpu_model: a100", "gpu_model: a100"), ("# slurm_partition: gpu", "slurm_partition: main"))
    project.remove("net/layer4/activations.h5")
    project.run("results/net/layer4/activations.h5")
    (job,) = project.jobs()
    assert (job["TresPerJob"], job["Partition"], job["JobState"]) == ("gres:gpu:a100:1", "main", "COMPLETED")


def test_cancelled_jobs_and_those_out_of_memory_are_reported_and_tried_again(project, local):
    project.edit_profile(("gpu: 1 ", "gpu: 0 "), ('# gres: "gpu:a100:1"', 'gres: "gpu:a100:1"'))
    weights, moments = "models/two/weights.safetensors", "probes/scenes/P/words/one/moments.h5"
    project.remove(weights, moments)
    too_little = "compute_moments:mem_mb=100*30**(attempt-1)"
    process = project.start(f"results/{weights}", f"results/{moments}", "--set-resources", too_little)
    running = wait_until(
        lambda: [job for job in project.jobs("train_image_text") if job["JobState"] == "RUNNING"], "nothing runs", 60
    )
    project.cancel(running[0])
    assert process.wait() == 0, project.log()

    cancelled, trained = project.jobs("train_image_text")
    assert (cancelled["JobState"], trained["JobState"]) == ("CANCELLED", "COMPLETED")
    assert amount(trained, "mem") == 2 * amount(cancelled, "mem")
    assert trained["TresPerNode"] == cancelled["TresPerNode"] == "gres:gpu:a100:1"
    killed, summed = project.jobs("compute_moments")
    assert killed["JobState"] != "COMPLETED" == summed["JobState"]
    assert (amount(killed, "mem"), amount(summed, "mem")) == (100, 3_000)
    assert "emory" in Path(killed["StdOut"]).read_text()
    for failed in (cancelled, killed):
        assert f"SLURM-job '{failed['JobId']}' failed" in project.log()
        assert failed["StdOut"] in project.log()
    assert project.artifacts() == local.artifacts()
