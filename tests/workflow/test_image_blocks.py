"""A probe whose images are cut into blocks, through the rules: the same numbers, and only what lacks runs again."""

import shutil

import pytest

from helpers.projects import new_project, with_small_blocks

pytestmark = pytest.mark.long
EMBEDDINGS = "results/probes/scenes/embeddings/one.h5"
WANTED = (EMBEDDINGS, "results/net/layer4/activations.h5", "results/net/outputs.h5")
PLACES = "results/probes/scenes/places/net_2/one.h5"
MERGED = {"merge_embeddings": 1, "merge_activations": 1, "merge_outputs": 1, "merge_place_embeddings": 1}
BLOCKS = ("embed_images_block", "record_activations_block", "record_outputs_block", "embed_places_block")


def cut_into(project, blocks):
    config = project.config()
    config["probes"]["scenes"]["image_blocks"] = blocks
    project.configure(config)


def contents(project):
    return {path: (project.folder / path).read_bytes() for path in (*WANTED, PLACES)}


def forget(project):
    for path in (*WANTED, PLACES):
        (project.folder / path).unlink()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A project that is made in one piece, and what it made."""
    project = with_small_blocks(new_project(tmp_path_factory.mktemp("image_blocks") / "project"))
    config = project.config()
    config["targets"]["net"]["controls"] = []
    project.configure(config)
    project.run(*WANTED, PLACES)
    return project, contents(project)


@pytest.fixture
def project(whole, tmp_path):
    return whole[0].copy(tmp_path / "project")


@pytest.mark.parametrize("n", [3, 7])
def test_any_number_of_blocks_makes_the_files_of_one_piece(n, project, whole):
    cut_into(project, n)
    assert project.planned(*WANTED, PLACES) == {}, "nothing that is whole is made again"
    forget(project)
    assert project.planned(*WANTED, PLACES) == dict.fromkeys(BLOCKS, n) | MERGED
    project.run(*WANTED, PLACES)
    assert contents(project) == whole[1]
    assert not list((project.folder / "results").rglob("*_of_*/*.h5")), "blocks are removed"
    assert project.planned(*WANTED, PLACES) == {}
    for other in (1, 4):
        cut_into(project, other)
        assert project.planned(*WANTED, PLACES) == {}, "nothing that is whole is made again"
    shutil.rmtree(project.folder / ".snakemake")
    assert project.planned(*WANTED, PLACES) == {}


def test_what_is_made_again_is_made_in_as_many_blocks_as_the_configuration_says(project):
    cut_into(project, 3)
    assert project.planned("--force", EMBEDDINGS) == {"embed_images_block": 3, "merge_embeddings": 1}
    config = project.config()
    config["targets"]["net"]["layers"]["layer4"]["pool"] = "max"
    project.configure(config)
    assert project.planned(*WANTED, PLACES) == {"record_activations_block": 3, "merge_activations": 1}
    config["probes"]["scenes"]["limit"] = 200
    project.configure(config)
    planned = project.planned(EMBEDDINGS)
    assert planned == {"index_images": 1, "embed_images_block": 3, "merge_embeddings": 1}


def test_a_killed_block_runs_again_alone(project, whole, monkeypatch):
    cut_into(project, 3)
    (project.folder / EMBEDDINGS).unlink()
    hook = project.folder / "hook"
    hook.mkdir()
    second = "embeddings/image_blocks/2_of_3/one.h5"
    (hook / "sitecustomize.py").write_text(
        "import os, signal\n"
        "replace = os.replace\n"
        "def kill(source, target, **options):\n"
        f"    if str(target).endswith({second!r}):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return replace(source, target, **options)\n"
        "os.replace = kill\n"
    )
    with monkeypatch.context() as changed:
        changed.setenv("PYTHONPATH", str(hook))
        assert project.snakemake("--keep-going", EMBEDDINGS).returncode != 0
    assert not (project.folder / EMBEDDINGS).exists()
    others = [project.folder / f"results/probes/scenes/embeddings/image_blocks/{k}_of_3/one.h5" for k in (1, 3)]
    written = [path.stat().st_mtime for path in others]
    assert project.planned(EMBEDDINGS) == {"embed_images_block": 1, "merge_embeddings": 1}
    log = project.run("--notemp", EMBEDDINGS)
    assert log.count("(Rule: embed_images_block)") == 1
    assert [path.stat().st_mtime for path in others] == written
    assert contents(project) == whole[1]


def test_a_block_that_does_not_exist_is_refused(project):
    refused = project.plan("results/net/image_blocks/4_of_3/outputs.h5")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last == "linexp: image_blocks: 4 of 3 is not a block"
