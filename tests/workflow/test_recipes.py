"""Results tell by themselves whether they are stale: by settings, code and files, whatever Snakemake remembers."""

import json
import os
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from helpers.running import differing
from linexp.artifacts import ancestry
from linexp.artifacts.attributes import read_attributes, record_path
from linexp.errors import LinexpError
from linexp.planning import recipes

LIBRARY = "workflow/scripts/linexp"
SHOWING = {"compare_methods", "summarise_scores", "make_report", "draw_layer_figure"}
OF_LINEAR_METHODS = {"explain_linear", "check_sanity"}
ONE_METHOD = {
    *("explain_linear", "simulate", "score_ablation", "merge_ablation", "check_sanity"),
    *("judge_explanations", "shuffle_explanations", "score_explanations"),
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


def test_without_snakemake_s_memory_other_artifacts_to_work_on_are_noticed_though_all_are_there(forgotten):
    config = forgotten.config()
    config["methods"]["best_concept"]["presence"] = "label"
    forgotten.configure(config)
    found = forgotten.plan()
    assert {job.rule for job in found.jobs} - {"all"} == {"explain_best_concept"} | ONE_METHOD - OF_LINEAR_METHODS
    changed = "results/net/layer4/explanations/best_concept.parquet is made again, reason: not made from "
    assert f"linexp: {changed}results/probes/scenes/P/label/P.h5; " in found.said


def test_without_snakemake_s_memory_a_method_that_is_taken_out_leaves_the_tables(forgotten):
    config = forgotten.config()
    config["targets"]["net"]["methods"].remove("best_concept")
    forgotten.configure(config)
    planned = {"merge_ablation", "judge_explanations", "shuffle_explanations", "score_explanations", *SHOWING}
    assert set(forgotten.planned()) == planned


@pytest.mark.long
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
    assert sum(planned.values()) == 67
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


def made_by_recipes() -> dict[str, recipes.Recipe]:
    """The recipe of every artifact that lies in the folder that is worked in."""
    outputs = [
        path for path in Path("results").rglob("*.*") if path.is_file() and recipes.recipe_path(str(path)).is_file()
    ]
    return {str(path): json.loads(recipes.recipe_path(str(path)).read_text()) for path in sorted(outputs)}


def test_any_artifact_is_made_again_and_refused_if_any_that_it_was_made_from_is_another(project, monkeypatch):
    """Such as that of another project, with other settings or another model: of the same path and images."""
    assert project.planned() == {}  # recipes know now which heads are linear
    monkeypatch.chdir(project.folder)
    read = {path: read_attributes(path) for path in map(str, Path("results").rglob("*.*")) if Path(path).is_file()}
    monkeypatch.setattr(ancestry, "_attributes", read.get)
    all_recipes = made_by_recipes()
    pairs = [(path, parent) for path, recipe in all_recipes.items() for parent in recipe["made_from"]]
    scripts = {recipe["made_by"] for recipe in all_recipes.values()}
    assert len(pairs) > 200 and len(scripts) > 20
    for path, recipe in all_recipes.items():
        assert recipes.changes_of(recipe, path) == []
        assert ancestry.identities([path]) == {path: read[path]["id"]}
    for path, parent in pairs:
        with monkeypatch.context() as patched:
            patched.setattr(ancestry, "_attributes", (read | {parent: read[parent] | {"id": "another"}}).get)
            assert recipes.changes_of(all_recipes[path], path) == [f"made from another {parent}"]
            with pytest.raises(
                LinexpError, match=f"^{path} was made from another {parent} than the one that lies there"
            ):
                ancestry.identities([path])


def test_any_artifact_in_the_place_of_one_by_the_same_rule_is_made_again_and_refused(project, monkeypatch):
    """Of two targets, layers, methods, simulators, sets of images, models: one is put over the other."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr(ancestry, "_attributes", read_attributes)
    by_script: dict[str, list[str]] = {}
    all_recipes = made_by_recipes()
    for path, recipe in all_recipes.items():
        by_script.setdefault(recipe["made_by"] + Path(path).suffix, []).append(path)
    several = {script: paths for script, paths in by_script.items() if len(paths) > 1}
    assert len(several) > 12
    for one, other, *_ in several.values():
        shutil.copy(one, other)
        if record_path(one).is_file():
            shutil.copy(record_path(one), record_path(other))
        assert recipes.changes_of(all_recipes[other], other) == ["it does not say how it was made"]
        with pytest.raises(LinexpError, match=f"^{other} is damaged, or does not say how it was made"):
            ancestry.identities([other])
    planned = {output for job in project.plan().jobs for output in job.outputs}
    assert {other for _, other, *_ in several.values()} <= planned


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
