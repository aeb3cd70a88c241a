"""Bad configurations and missing data stop Snakemake before any job, with the reason in the last line."""

import os
import string
import sys
import time

import pytest

from helpers.projects import new_project


def at(config: dict, path: str):
    *parents, last = path.split(".")
    for name in parents:
        config = config[name]
    return config, last


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return new_project(tmp_path_factory.mktemp("errors") / "project")


BROKEN = {
    "unknown key": ("targets.net.simulatr", "two", ["targets.net", "'simulatr'", "did you mean 'simulator'?"]),
    "wrong type": ("seed", "zero", ["seed", "'zero'", "integer"]),
    "missing name": ("targets.net.explainer", "on", ["targets.net.explainer", "'on'", "did you mean 'one'?"]),
    "same models": ("targets.net.simulator", "one", ["targets.net.simulator", "'one'", "allow_same_simulator: true"]),
    "unknown kind": ("probes.scenes.kind", "parket", ["probes.scenes.kind", "'parket'", "did you mean 'parquet'?"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_configuration_stops_before_any_job(case, fresh):
    path, value, parts = BROKEN[case]
    config = fresh.config()
    entry, key = at(config, path)
    old = dict(entry)
    entry[key] = value
    fresh.configure(config)
    refused = fresh.plan()
    entry.clear()
    entry.update(old)
    fresh.configure(config)
    assert refused.status != 0
    assert "Traceback" not in refused.said
    assert all(part in refused.last for part in parts), refused.last
    assert not (fresh.folder / "results").exists()


def test_missing_data_of_what_is_asked_for_stop_before_any_job(fresh):
    config = fresh.config()
    config["probes"]["photos"] = {"kind": "image_folder", "root": "data/photos"}
    config["targets"]["net"]["probe"] = "photos"
    fresh.configure(config)
    done = fresh.snakemake("results/net/layer4/scores.parquet")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    last = done.stdout.strip().splitlines()[-1]
    remedy = "put the images there, one folder a class, or change root"
    assert last == f"linexp: probes.photos.root: data/photos does not exist; {remedy}"
    assert not fresh.artifacts()


def test_a_layer_that_a_target_does_not_have_is_named(finished):
    refused = finished.plan("results/net/layer9/scores.parquet")
    assert refused.status != 0
    assert "there is no layer 'layer9'; it has layer3, layer4" in refused.last


@pytest.mark.parametrize("link", ["results", "results/probes"])
def test_a_link_to_a_folder_that_is_gone_stops_before_any_job(tmp_path, link):
    project = new_project(tmp_path / "project")
    (project.folder / link).parent.mkdir(exist_ok=True)
    (project.folder / link).symlink_to("/nowhere/scratch")
    refused = project.plan("results/probes/scenes/index.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last.startswith(
        f"linexp: {link} is a link to /nowhere/scratch, which is not there; make that folder"
    )


def test_a_folder_of_images_with_braces_in_its_name_is_refused(tmp_path):
    project = new_project(tmp_path / "project")
    (project.folder / "my {photos}").mkdir()
    config = project.config()
    config["probes"]["photos"] = {"kind": "image_folder", "root": "my {photos}"}
    project.configure(config)
    refused = project.plan("results/probes/photos/index.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last.startswith(
        "linexp: probes.photos.root: my {photos} has a brace in its name, which Snakemake would fill in; rename it"
    )


def test_a_project_in_a_folder_with_braces_is_refused(tmp_path):
    project = new_project(tmp_path / "my {project}")
    refused = project.plan("results/probes/scenes/index.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last.startswith(f"linexp: {project.folder} has a brace in its name, ")


def test_a_python_that_snakemake_cannot_start_is_told_before_any_job(fresh, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/home/my folder/.venv/bin/python")
    refused = fresh.plan("results/probes/scenes/index.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last.startswith("linexp: Python is at /home/my folder/.venv/bin/python, and Snakemake starts no")
    monkeypatch.setattr(sys, "executable", "/home/José/a=b,c+d/python3.11~")
    assert fresh.plan("results/probes/scenes/index.parquet").status == 0


def test_a_file_dated_in_the_future_is_told_before_any_job(tmp_path):
    project = new_project(tmp_path / "project")
    os.utime(project.folder / "mine.txt", (0, time.time() + 86400))
    refused = project.plan("results/probes/scenes/concepts/mine.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last.startswith("linexp: mine.txt is dated ") and refused.last.endswith(": touch mine.txt")


def test_a_report_of_what_is_not_made_yet_says_what_to_do(tmp_path):
    refused = new_project(tmp_path / "project").plan("--report", "report.zip")
    assert refused.status != 0 and "Traceback" not in refused.said
    said = (
        "linexp: results/net/layer4/summary.csv, which the report shows, is not made yet; run the same without --report"
    )
    assert refused.last.startswith(said)


def test_a_model_of_a_trained_network_that_is_not_there_stops_before_any_job(tmp_path):
    project = new_project(tmp_path / "project")
    (project.folder / "tiny.json").unlink()
    refused = project.plan("results/net/layer4/scores.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    said = "trained_models.one.model: tiny.json does not exist; put it there, or correct the path"
    assert refused.last == f"linexp: {said}"


def test_a_home_that_cannot_be_written_is_not_needed(fresh, monkeypatch):
    monkeypatch.setenv("HOME", str(fresh.folder / "config.yaml" / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    planned = fresh.plan("results/probes/scenes/index.parquet")
    assert planned.status == 0 and "index_images" in {job.rule for job in planned.jobs}, planned.said


def test_names_that_are_too_long_together_stop_before_any_job(tmp_path):
    project, letters = new_project(tmp_path / "project"), string.ascii_letters + string.digits + string.hexdigits
    target, simulator, layer = f"t{letters}", f"s{letters}", f"l{letters}"
    config = project.config()
    config["image_text_models"][simulator] = config["image_text_models"]["two"]
    config["targets"][target] = config["targets"]["net"] | {"simulator": simulator}
    config["targets"][target]["layers"][layer] = config["targets"]["net"]["layers"]["layer4"]
    project.configure(config)
    assert project.plan(f"results/{target}/layer4/scores.parquet").status == 0
    refused = project.plan(f"results/{target}/{layer}/scores.parquet")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert ": the names of its target, layer, simulator, method have 2" in refused.last, refused.last
    assert refused.last.startswith("linexp: ") and f"shorten that of the target, '{target[:20]}" in refused.last
