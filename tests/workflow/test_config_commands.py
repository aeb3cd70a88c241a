"""Damaged configurations as whole commands: one clear last line, no traceback, nothing run and nothing written."""

import pytest
import yaml

from helpers.projects import CONFIG, new_project
from linexp.__main__ import main

TEXT = yaml.safe_dump(CONFIG, sort_keys=False)


def changed(path: str, value) -> str:
    """The configuration with a value at a place."""
    config = yaml.safe_load(TEXT)
    *parents, last = path.split("/")
    place = config
    for key in parents:
        place = place[key]
    place[last] = value
    return yaml.safe_dump(config, sort_keys=False)


NET = CONFIG["targets"]["net"]
BAD = {
    "a key twice": (TEXT + "seed: 1\n", "the key 'seed' is there already, in line 1; keep one"),
    "code": (TEXT + "seeds: !!python/object/apply:os.system ['touch ran']\n", "tags such as !!python/object/apply"),
    "a template": (TEXT + "__use_yte__: true\nx: ?open('ran', 'w')\n", "templates that run Python code"),
    "a circle": (TEXT + "x: &x {y: *x}\n", "contains itself by an alias"),
    "a date": (TEXT.replace("seed: 0", "seed: 2020-01-01"), "2020-01-01 is a date to YAML; put it in quotes"),
    "5,000 digits": (TEXT.replace("seed: 0", "seed: " + "9" * 5000), "a number of 5000 digits is too large"),
    "not a number": (changed("methods/le_siglip/greedy/tolerance", float("nan")), "nan is not a number to work with"),
    "infinity": (changed("image_text_models/one/calibration/a", float("inf")), "inf is not a number to work with"),
    "a wrong type": (changed("targets/net/layers", ["layer4"]), "targets.net.layers: ['layer4'] has the wrong type"),
    "a huge batch": (changed("image_text_models/one/batch_size", 10**30), "is out of range; give at least 1"),
    "a range of neurons": (changed("targets/net/neurons", "0:99999999999"), "give the numbers of neurons to explain"),
    "a path as a name": (changed("targets/..\\x", NET), "cannot be a name; take letters and digits"),
    "a place above": (changed("probes", {"../x": CONFIG["probes"]["scenes"]}), "'../x' cannot be a name"),
    "a device": (changed("targets/con", NET), "targets: 'con' cannot be a name"),
    "a line break": (changed("methods/le_label\n", {"kind": "linear", "presence": "label"}), "cannot be a name"),
    "a circle of sets": (changed("concept_sets/mine", {"union": ["words"]}), "the union contains itself"),
    "like itself": (changed("targets/other", {"like": "other", "methods": ["le_label"]}), "is itself like 'other'"),
    "a control character": (changed("concept_sets/mine/file", "a\0b"), "has a control character or a line break"),
    "no mapping": ("- a\n", "has no sections; write each as a mapping"),
    "no YAML": (TEXT + "a: [1, 2\n", "is not YAML"),
}  # fmt: skip
GOOD = {
    "as it is": TEXT,
    "anchors": TEXT.replace("- shuffled", "- &first shuffled").replace("seed: 0", "seed: 1"),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """The plan of each configuration, and what then was in the folder."""
    place = tmp_path_factory.mktemp("commands")

    def run(case: str):
        project = new_project(place / case.replace(" ", "_"))
        text = GOOD[case] if case in GOOD else BAD[case][0]
        (project.folder / "config.yaml").write_text(text, encoding="utf-8")
        before = {path.name for path in project.folder.iterdir()}
        found = project.plan()
        return found, {path.name for path in project.folder.iterdir()} - before

    return {case: run(case) for case in [*BAD, *GOOD]}


@pytest.mark.parametrize("case", BAD)
def test_a_damaged_configuration_ends_in_one_clear_line(case, outcomes):
    found, made = outcomes[case]
    assert found.status != 0 and "Traceback" not in found.said
    last = found.last
    assert last.startswith("linexp: config.yaml: ") and "; " in last and len(last) < 350, found.said[-2000:]
    assert BAD[case][1] in last
    assert made <= {".snakemake"}, made


@pytest.mark.parametrize("case", GOOD)
def test_a_valid_configuration_is_planned(case, outcomes):
    found, _ = outcomes[case]
    assert found.status == 0 and "explain_linear" in {job.rule for job in found.jobs}, found.said[-2000:]


def test_there_are_twenty_commands():
    assert len(BAD) >= 20


@pytest.fixture(scope="module")
def over(tmp_path_factory):
    """The plan with a configuration of one's own over that of the folder, and with further arguments."""
    project = new_project(tmp_path_factory.mktemp("over") / "project")

    def planned(own: dict, *arguments: str):
        (project.folder / "own.yaml").write_text(yaml.safe_dump(own))
        return project.plan(*arguments, "--configfile", "own.yaml")

    planned.folder = project.folder
    return planned


OVER = {
    "a wrong value in the upper file": ({"targets": {"net": {"probe": "x"}}}, [], "own.yaml: targets.net.probe: probe"),
    "a wrong value in the lower file": ({"methods": {"le_label": None}}, [], "config.yaml: targets.net.methods.0"),
    "a wrong value on the command line": ({"seed": 1}, ["--config", "seed=x"], "--config: seed: 'x' has the wrong"),
    "a mapping there": ({}, ["--config", "seed=1", "targets={net: {probe: x}}"], "--config: targets.net.probe: probe"),
    "text there": (
        {},
        ["--config", "seed=1", "probes={scenes: {images: 9}}"],
        "--config: probes.scenes.images: '9' has",
    ),
    "an unknown key": ({"targets": {"net": {"seeds": 1}}}, [], "own.yaml: targets.net.seeds: unknown key"),
    "a list": ({"run": ["net/layer5"]}, [], "own.yaml: run.0: layer 'layer5' does not exist"),
}


@pytest.mark.parametrize("case", OVER)
def test_a_message_names_the_place_that_a_value_came_from(case, over, monkeypatch, capsys):
    own, arguments, said = OVER[case]
    found = over(own, *arguments)
    assert found.status != 0 and "Traceback" not in found.said
    assert found.last.startswith(f"linexp: {said}"), found.last
    monkeypatch.chdir(over.folder)
    assert main(["check", *arguments, "--configfile", "own.yaml"]) == 1
    assert capsys.readouterr().err.strip() == found.last


def test_mappings_merge_lists_replace_and_null_takes_out(over):
    net = {"methods": ["le_siglip"], "controls": None, "layers": {"layer3": None}}
    found = over({"targets": {"net": net}, "methods": {"best_concept": None}})
    assert found.status == 0, found.said
    explained = {(job.wildcards["layer"], job.wildcards["method"]) for job in found.jobs if "explain" in job.rule}
    assert explained == {("layer4", "le_siglip")}
    assert "linexp: own.yaml: " not in found.said and not [job for job in found.jobs if "untrained" in str(job)]
    refused = over({"targets": {"net": {"methods": ["best_concept"]}}, "methods": {"best_concept": None}})
    assert refused.last.startswith("linexp: own.yaml: targets.net.methods.0: method 'best_concept' does not exist")
