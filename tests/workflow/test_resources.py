"""What jobs ask a cluster for remakes nothing, and does not stop a local run."""

from pathlib import Path

RESOURCES = "workflow/scripts/linexp/planning/resources.py"


def replace(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))


def test_other_resources_remake_nothing(project):
    replace(project.folder / RESOURCES, "PROGRAM = 2_000", "PROGRAM = 3_000")
    replace(project.folder / RESOURCES, "STARTING = 10", "STARTING = 20")
    assert project.planned("--set-resources", "embed_images:gpu=0", "simulate:mem_mb=1") == {}


def test_a_local_run_needs_neither_a_gpu_nor_the_memory_that_a_cluster_is_asked_for(project):
    replace(project.folder / RESOURCES, "TORCH = 4_000", "TORCH = 1_000_000_000")
    (job,) = project.plan("results/probes/scenes/concepts/labels/one.h5", "-R", "embed_concepts").jobs
    assert job.resources["gpu"] == 1 and job.resources["mem_mb"] >= 1_000_000_000
    embeddings = project.folder / "results/probes/scenes/concepts/labels/one.h5"
    before = embeddings.read_bytes()
    embeddings.unlink()
    project.run(str(embeddings.relative_to(project.folder)))
    assert embeddings.read_bytes() == before
