"""Results tell by themselves whether they are stale: by settings, code and files, whatever Snakemake remembers."""

import os
import shutil
import time

import pandas as pd
import pytest

from helpers.running import differing

LIBRARY = "workflow/scripts/linexp"
SHOWING = {"compare_methods", "summarise_scores", "make_report", "draw_layer_figure"}
ONE_METHOD = {
    *("explain_linear", "simulate", "score_ablation", "merge_ablation", "check_sanity"),
    *("shuffle_explanations", "score_explanations"),
    *SHOWING,
}


def with_lambda(project, value: float):
    config = project.config()
    config["methods"]["le_siglip"]["lambda"] = value
    project.configure(config)


@pytest.fixture
def forgotten(project):
    """The finished project without what Snakemake remembers of it."""
    shutil.rmtree(project.folder / ".snakemake")
    return project


def test_without_snakemake_s_memory_nothing_is_made_again(forgotten):
    assert forgotten.planned() == {}


def test_a_file_dated_in_the_future_remakes_nothing(project):
    os.utime(project.folder / "mine.txt", (0, time.time() + 86400))
    assert project.planned() == {}


def test_without_snakemake_s_memory_a_changed_setting_is_noticed_and_told(forgotten):
    with_lambda(forgotten, 0.2)
    found = forgotten.plan()
    assert {job.rule for job in found.jobs} - {"all"} == ONE_METHOD
    line = "linexp: results/net/layer4/explanations/le_siglip.parquet is made again, reason: method.lambda 0.05 → 0.2"
    assert line in found.said.splitlines()
    with_lambda(forgotten, 0.05)
    assert forgotten.planned() == {}


def test_without_snakemake_s_memory_a_method_that_is_taken_out_leaves_the_tables(forgotten):
    config = forgotten.config()
    config["targets"]["net"]["methods"].remove("best_concept")
    forgotten.configure(config)
    planned = {"merge_ablation", "shuffle_explanations", "score_explanations", *SHOWING}
    assert set(forgotten.planned()) == planned


def test_results_that_are_put_back_after_a_run_with_other_settings_are_made_again(finished, project):
    name = "results/net/layer4/explanations/le_siglip.parquet"
    with_lambda(project, 0.2)
    project.run(name)
    assert project.planned(name) == {}
    shutil.copy(finished.folder / name, project.folder / name)  # newer than its recipe
    assert project.planned(name) == {"explain_linear": 1}
    project.run(name)
    shutil.rmtree(project.folder / ".snakemake")
    with_lambda(project, 0.05)
    project.run(name)
    assert (project.folder / name).read_bytes() == (finished.folder / name).read_bytes()


def test_a_plan_beside_a_plan_changes_no_artifact(finished, project):
    with_lambda(project, 0.2)
    assert project.planned()
    assert differing(project.artifacts(), finished.artifacts()) == []
    with_lambda(project, 0.05)
    assert project.planned() == {}


def edited(project, file: str, text: str):
    path = project.folder / LIBRARY / file
    with path.open("a") as opened:
        opened.write(text)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("jobs/progress.py", "\nCHANGED = True\n"),
        ("planning/resources.py", "\nCHANGED = True\n"),
        ("terminal/summary.py", "\nCHANGED = True\n"),
        ("fitting/greedy.py", "\n# a comment\n"),
        ("artifacts/store.py", '\n"""A text that stands alone."""\n'),
    ],
)
def test_what_can_change_no_artifact_remakes_nothing(file, text, project):
    edited(project, file, text)
    assert project.planned() == {}


def test_a_release_remakes_nothing(project):
    init = project.folder / LIBRARY / "__init__.py"
    init.write_text('"""Another."""\n\n__version__ = "99.0.0"\n')
    assert project.planned() == {}


def test_another_format_remakes_everything(project):
    seals = project.folder / LIBRARY / "artifacts/seals.py"
    seals.write_text(seals.read_text().replace("FORMAT = 1\n", "FORMAT = 2\n"))
    planned = project.planned()
    assert sum(planned.values()) == 60
    assert "linexp: results/net/layer4/scores.parquet is made again, reason: format 1 → 2" in project.plan().said


def test_a_new_metric_remakes_scores_and_what_shows_them_and_no_ablation(project):
    folder = project.folder / LIBRARY / "metrics"
    text = (folder / "cosine.py").read_text().replace('"cosine"', '"cosine_again"')
    (folder / "cosine_again.py").write_text(text)
    registry = folder / "__init__.py"
    registry.write_text(registry.read_text().replace('    "cosine",\n', '    "cosine",\n    "cosine_again",\n'))
    assert set(project.planned()) == {"score_explanations", "check_sanity", *SHOWING}
    project.run("results/net/layer4/scores.parquet")
    scores = pd.read_parquet(project.folder / "results/net/layer4/scores.parquet")
    pd.testing.assert_series_equal(scores["cosine_again"], scores["cosine"], check_names=False)


def test_superclasses_of_wordnet_remake_the_labels_of_those_who_use_them(project):
    path = project.folder / LIBRARY / "resources/imagenet1k_superclasses.yaml"
    path.write_text(path.read_text() + "more:\n- tench\n")
    planned = project.planned("results/probes/scenes/labels.h5", "results/net/layer4/activations.h5")
    assert planned == {"make_labels": 1}


def test_artifacts_of_another_target_are_made_again(project):
    one, other = (project.folder / f"results/{name}/layer4/activations.h5" for name in ("net", "net_untrained"))
    shutil.copy(other, one)
    shutil.rmtree(project.folder / ".snakemake")
    found = project.plan("results/net/layer4/activations.h5")
    assert [job.rule for job in found.jobs] == ["record_activations"]


def test_a_table_or_picture_that_somebody_else_wrote_is_made_again(project):
    for name in ("summary.csv", "figures/scores.svg"):
        path = project.folder / "results/net/layer4" / name
        path.write_text(path.read_text() + " ")
    assert set(project.planned()) == {"summarise_scores", "draw_layer_figure", "make_report"}


def test_a_file_of_the_user_with_an_older_time_is_noticed(project):
    path = project.folder / "mine.txt"
    before = os.stat(path)
    path.write_text("guitar\nkitchens\n")
    os.utime(path, (1_000_000, 1_000_000))
    assert before.st_mtime > 1_000_000
    planned = project.planned()
    assert "make_concept_set" in planned and "embed_images" not in planned


def test_artifacts_of_another_project_with_other_settings_upstream_are_made_again(finished, project, tmp_path):
    """Of the same place, images and settings, but made from explanations that are others."""
    other = finished.copy(tmp_path / "other")
    with_lambda(other, 0.3)
    name = "results/net/layer4/simulations/two/le_siglip.h5"
    other.run(name)
    shutil.copy(other.folder / name, project.folder / name)
    shutil.rmtree(project.folder / ".snakemake")
    found = project.plan(name)
    assert [job.rule for job in found.jobs] == ["simulate"]
    explained = "results/net/layer4/explanations/le_siglip.parquet"
    assert f"linexp: {name} is made again, reason: made from another {explained}" in found.said
    project.run(name)
    assert (project.folder / name).read_bytes() == (finished.folder / name).read_bytes()


def test_a_reader_refuses_what_was_made_from_others(finished, project, tmp_path):
    other = finished.copy(tmp_path / "other")
    with_lambda(other, 0.3)
    name = "results/net/layer4/simulations/two/le_siglip.h5"
    other.run(name)
    shutil.copy(other.folder / name, project.folder / name)
    shuffles = "results/net/layer4/shuffles.parquet"
    (project.folder / shuffles).unlink()
    done = project.snakemake(shuffles, "--rerun-triggers", "input", "--allowed-rules", "shuffle_explanations")
    assert done.returncode != 0 and "Traceback" not in done.stdout
    explained = "results/net/layer4/explanations/le_siglip.parquet"
    line = f"linexp: {name} was made from another {explained} than the one that lies there; make it again: snakemake "
    assert line in done.stdout
