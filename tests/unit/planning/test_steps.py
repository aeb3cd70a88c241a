"""How long and how large the steps of a layer are: from the configuration, and from what is there."""

import os
from types import SimpleNamespace

import pytest

from helpers.configs import SCHEMA, small
from linexp.artifacts import store
from linexp.config.checks import checked
from linexp.planning import steps, work

HERE = SimpleNamespace(target="net", layer="layer4")


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("dog\n")
    changed = small()
    changed["targets"]["net"] |= {"neurons": "0:60", "ablation": {"most_nodes": 17}}
    return checked(changed, SCHEMA)


def by_rule(config) -> dict[str, list[steps.Step]]:
    found: dict[str, list[steps.Step]] = {}
    for step in steps.steps(config, "net", "layer4"):
        found.setdefault(step.rule, []).append(step)
    return found


def write_head(linear: bool):
    os.makedirs("results/net/layer4")
    path = "results/net/layer4/head.h5"
    with store.create_arrays(path, store.Provenance("made_by_hand", {}, "fingerprint")) as file:
        file.attrs["linear"] = linear


def test_every_method_simulator_and_image_text_model_is_a_step_once(config):
    jobs = {rule: len(of_rule) for rule, of_rule in by_rule(config).items()}
    assert jobs["embed_images"] == jobs["simulate"] == jobs["explain_linear"] == jobs["score_ablation"] == 2
    assert jobs["calibrate"] == jobs["make_label_presence"] == jobs["make_pseudo_presence"] == 1, (
        "a and b of two are given"
    )
    assert jobs["record_activations"] == jobs["measure_impact"] == jobs["record_outputs"] == 1


def test_a_step_takes_what_its_rule_asks_for_and_writes_its_numbers(config):
    found = by_rule(config)
    assert found["score_explanations"][0].work == work.scoring(config, HERE)
    assert found["simulate"][0].values == 100 * 60, "images × neurons"


def test_ablation_at_places_samples_a_surface_of_each_explanation(config):
    net = config["targets"]["net"]
    net["layers"]["where"] = {**net["layers"]["layer4"], "places": 7, "ablation": True, "impact": False}
    found: dict[str, list[steps.Step]] = {}
    for step in steps.steps(config, "net", "where"):
        found.setdefault(step.rule, []).append(step)
    # of 60 neurons at 20 images a second: 9 × 9 scales on val, and 2 on val and test
    assert found["score_ablation"][0].work.seconds == pytest.approx(60 * (81 * 10 + 2 * 30) / 20)
    assert found["sample_curves"][0].work.seconds == pytest.approx(17 * 60 * 10 / 20)
    assert "measure_effects" not in found


def test_without_a_linear_head_every_neuron_is_a_pass_of_the_images(config):
    for linear in (None, True):
        if linear:
            write_head(True)
        assert by_rule(config)["measure_impact"][0].work == work.removing(config, HERE)
    os.remove("results/net/layer4/head.h5")
    os.rmdir("results/net/layer4")
    write_head(False)
    found = by_rule(config)
    # at 20 images a second; ablation replaces a neuron twice on val and test, and samples 17 values on val
    assert found["measure_impact"][0].work.seconds == pytest.approx(60 * 100 / 20)
    assert found["score_ablation"][0].work.seconds == pytest.approx(2 * 60 * 30 / 20)
    assert found["sample_curves"][0].work.seconds == pytest.approx(17 * 60 * 10 / 20)
    assert found["measure_effects"][0].work.seconds == pytest.approx(60 * 50 / 20), "50 images a neuron"


def test_images_of_a_folder_are_counted(config, tmp_path):
    config["targets"]["net"]["probe"] = "folder"
    (tmp_path / "data/folder/cat").mkdir(parents=True)
    for name in ("a.jpg", "b.PNG", "notes.txt"):
        (tmp_path / "data/folder/cat" / name).touch()
    assert steps.counted(config, "net", "layer4")["probes"]["folder"]["limit"] == 2
    assert "limit" not in config["probes"]["folder"]


def test_what_lies_there_is_no_job_and_costly_steps_are_said_beforehand(config, tmp_path):
    text = steps.steps_text(config, "net/layer4")
    assert text.startswith("steps of net/layer4: 100 images, 60 neurons; at most, on a slow machine")
    assert text.splitlines()[-1].endswith("run it again for every neuron: up to 5 min each time that all images pass")
    write_head(True)
    path = tmp_path / "results/net/layer4/scores.parquet"
    path.touch()
    lines = {line.split()[0]: line for line in steps.steps_text(config, "net/layer4").splitlines()}
    assert lines["score_explanations"].split() == ["score_explanations", "there"]
    assert "if" not in lines


def test_ceilings_are_a_step_of_each_presence_and_missing_concepts_of_each_linear_method(config):
    assert "find_missing_concepts" not in by_rule(config)
    found = by_rule(config)
    presence = sorted(
        step.artifact.replace("results/probes/scenes/P/", "results/net/layer4/ceilings/").replace("/P.h5", ".parquet")
        for rule in ("make_label_presence", "make_pseudo_presence")
        for step in found[rule]
    )
    assert sorted(step.artifact for step in found["measure_ceilings"]) == presence
    config["targets"]["net"]["wider_concepts"] = "labels"
    before, found = found, by_rule(config)
    assert len(found["make_pseudo_presence"]) == len(before["make_pseudo_presence"]) + 1
    assert len(found["find_missing_concepts"]) == len(found["explain_linear"])
    assert all(step.work.seconds > 0 for step in [*found["measure_ceilings"], *found["find_missing_concepts"]])


def test_stability_is_a_step_of_each_linear_method_where_the_target_asks_for_it(config):
    assert "measure_stability" not in by_rule(config)
    config["targets"]["net"]["stability"] = True
    linear = [name for name in config["targets"]["net"]["methods"] if config["methods"][name]["kind"] == "linear"]
    found = by_rule(config)["measure_stability"]
    assert [step.artifact for step in found] == [f"results/net/layer4/stability/{name}.parquet" for name in linear]
    names = SimpleNamespace(target="net", layer="layer4", method=linear[0])
    assert found[0].work.seconds > work.fitting(config, names).seconds
    assert found[0].work.memory > work.fitting(config, names).memory


def test_a_layer_at_places_has_the_steps_of_places(config):
    net, models = config["targets"]["net"], config["image_text_models"]
    net["layers"]["where"] = {**net["layers"]["layer4"], "places": 7, "ablation": False}
    models["two"]["dense"] = "crops"
    found: dict[str, list[steps.Step]] = {}
    for step in steps.steps(config, "net", "where"):
        found.setdefault(step.rule, []).append(step)
    of_places = [found[rule][0] for rule in ("find_crops", "index_places", "measure_areas")]
    places = "results/probes/scenes/places"
    assert [step.artifact for step in of_places] == [
        "results/net/crops.h5",
        f"{places}/7/index.parquet",
        f"{places}/net_7/areas.h5",
    ]
    embedded = {step.artifact: step.work.seconds for step in found["embed_places"]}
    assert embedded[f"{places}/net_7/two.h5"] == pytest.approx(49 * embedded[f"{places}/net_7/one.h5"])
    assert {step.artifact for step in found["calibrate_places"]} == {f"{places}/net_7/{m}.json" for m in ("one", "two")}
    presence = "results/probes/scenes/P"
    assert [step.artifact for step in found["make_area_presence_at_places"]] == [f"{presence}/area/net_7/P.h5"]
    (pseudo,) = found["make_pseudo_presence_at_places"]
    (whole,) = found["make_pseudo_presence"]
    assert pseudo.artifact == whole.artifact.replace("/P.h5", "/places/net_7/P.h5")
    assert not {"make_label_presence", "score_ablation", "measure_impact"} & found.keys()
