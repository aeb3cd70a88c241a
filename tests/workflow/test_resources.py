"""What jobs ask a cluster for: it follows the size of the work, remakes nothing, and does not stop a local run."""

import re
from pathlib import Path

RESOURCES = "rules/resources.smk"


def replace(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))


def asked(project, target: str, rule: str) -> tuple[int, int]:
    """The megabytes and minutes of a rule, as Snakemake says them."""
    block = project.run("--dry-run", "--forceall", target).partition(f"\nrule {rule}:")[2]
    resources = re.search(r"resources: (.*)", block)[1]
    return tuple(int(re.search(rf"\b{name}=(\d+)", resources)[1]) for name in ("mem_mb", "runtime"))


def test_memory_and_time_follow_the_concepts_and_images(project):
    config = project.config()
    config["concept_sets"]["words"] = {"words": 20_000}
    config["probes"]["scenes"]["images"] = 1_000_000
    project.configure(config)
    # 4 × 20,000² numbers of 4 bytes beside 2,000 MB; 2 × 10⁶ × 20,000² operations at 10¹⁰ a second, beside 10 minutes
    moments = "results/probes/scenes/P/words/one/moments.h5"
    assert asked(project, moments, "compute_moments") == (2_000 + 6_400, 10 + 1_334)


def test_other_resources_remake_nothing(project):
    replace(project.folder / RESOURCES, "PROGRAM = 2_000", "PROGRAM = 3_000")
    replace(project.folder / RESOURCES, "STARTING = 10", "STARTING = 20")
    assert project.planned("--set-resources", "embed_images:gpu=0", "simulate:mem_mb=1") == {}


def test_a_local_run_needs_neither_a_gpu_nor_the_memory_that_a_cluster_is_asked_for(project):
    replace(project.folder / RESOURCES, "TORCH = 4_000", "TORCH = 1_000_000_000")
    embeddings = project.folder / "results/probes/scenes/concepts/labels/one.h5"
    before = embeddings.read_bytes()
    embeddings.unlink()
    output = project.run(str(embeddings.relative_to(project.folder)))
    assert re.search(r"resources: .*gpu=1.*mem_mb=1000000", output)
    assert embeddings.read_bytes() == before
