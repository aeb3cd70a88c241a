"""What layers at places are made from, and what of them is left out or refused before any job."""

import copy
from types import SimpleNamespace

import pytest

from helpers.configs import SCHEMA, refusal, small
from linexp.config.checks import checked
from linexp.errors import LinexpError
from linexp.planning import dense_files, evaluation_files, explorer_files, figure_files, inputs, place_files, resources

WHERE = SimpleNamespace(target="net", layer="where", method="le_label", simulator="two")
LAYER4 = SimpleNamespace(target="net", layer="layer4", method="le_label", simulator="two")


def config(**layer) -> dict:
    found = small()
    net = found["targets"]["net"]
    net["layers"]["where"] = {"module": "layer2", "pool": "avg", "places": 7} | layer
    net |= {"more_simulators": ["pixel_labels"], "ablation": {"loss": "kl"}}
    found["methods"]["area"] = {"kind": "linear", "presence": "area"}
    found["run"] = ["net/layer4", "net/where"]
    return found


@pytest.fixture(scope="module")
def whole() -> dict:
    return checked(config(), SCHEMA)


def of(wildcards, method: str) -> SimpleNamespace:
    return SimpleNamespace(**vars(wildcards) | {"method": method})


def test_a_layer_at_places_has_rows_and_a_p_of_its_own(whole):
    assert inputs.index_of(whole, WHERE) == "results/probes/scenes/places/7/index.parquet"
    assert (
        inputs.index_of(whole, LAYER4) == inputs.image_index_of(whole, WHERE) == "results/probes/scenes/index.parquet"
    )
    folder = "results/probes/scenes/P"
    assert inputs.presence_folder(whole, WHERE) == f"{folder}/area/net_7"
    assert inputs.presence_folder(whole, of(WHERE, "area")) == f"{folder}/area/net_7"
    assert inputs.presence_folder(whole, of(WHERE, "le_siglip")) == f"{folder}/all/one/places/net_7"
    assert inputs.presence_folder(whole, LAYER4) == f"{folder}/label"
    assert inputs.presence_folder(whole, of(LAYER4, "area")) == f"{folder}/area/net_1"
    files = inputs.simulation_files(whole, WHERE)
    assert files["images"] == "results/probes/scenes/places/net_7/two.h5"
    assert files["calibration"] == "results/probes/scenes/places/net_7/two.json"


@pytest.mark.parametrize(
    ("presence", "grid", "index"),
    [
        ("label", 1, "index.parquet"),
        ("area/net_1", 1, "index.parquet"),
        ("area/net_7", 7, "places/7/index.parquet"),
        ("all/one", 1, "index.parquet"),
        ("all/one_3", 1, "index.parquet"),
        ("all/one/places/net_4", 4, "places/4/index.parquet"),
    ],
)
def test_the_folder_of_a_p_says_what_its_rows_are(whole, presence, grid, index):
    assert inputs.grid_of(presence) == grid
    found = inputs.moments_index(whole, SimpleNamespace(probe="scenes", presence=presence))
    assert found == f"results/probes/scenes/{index}"
    assert inputs.set_of_presence(presence) == ("all" if presence.startswith("all") else "labels")


def test_pixel_labels_simulate_places_alone_and_judge_nothing(whole):
    assert {simulator for _, simulator in inputs.scored_pairs(whole, WHERE)} == {"two", "pixel_labels"}
    assert {simulator for _, simulator in inputs.scored_pairs(whole, LAYER4)} == {"two"}
    judged = evaluation_files.judged_pairs(whole, WHERE)
    assert {pair["simulator"] for pair in judged} == {"two"} and len(judged) == 2
    assert len(evaluation_files.judged_simulations(whole, WHERE)) == 2
    assert place_files.pixel_simulation_files(whole, WHERE)["areas"] == "results/probes/scenes/places/net_7/areas.h5"
    with pytest.raises(LinexpError, match="layer layer4 is not explained at places, which pixel_labels simulates"):
        place_files.pixel_simulation_files(whole, LAYER4)


def test_models_are_calibrated_on_pixel_labels_where_there_are_any_and_a_and_b_are_not_given(whole):
    places = "results/probes/scenes/places/net_7"
    pseudo = SimpleNamespace(probe="scenes", target="net", grid="7", concept_set="all", explainers="one__two")
    files = place_files.pseudo_places_files(whole, pseudo)
    assert files["images"] == [f"{places}/one.h5", f"{places}/two.h5"]
    assert files["calibration"] == [f"{places}/one.json", f"{places}/two.json"]
    assert files["whole"] == "results/probes/scenes/P/all/one__two/P.h5"
    given, fitted = copy.deepcopy(whole), copy.deepcopy(whole)
    for found, calibration in ((given, {"a": 10.0, "b": 0.3}), (fitted, {"probe": "scenes"})):
        found["image_text_models"]["two"]["calibration"] = calibration
    two = SimpleNamespace(probe="scenes", target="net", grid="7", image_text_model="two")
    assert dense_files.place_calibration_files(given, two) == {"calibration": "results/calibration/two.json"}
    files = dense_files.place_calibration_files(fitted, two)
    assert files["areas"] == f"{places}/areas.h5" and files["embeddings"] == f"{places}/two.h5"
    two.probe = "named"
    assert "areas" not in dense_files.place_calibration_files(fitted, two)


def test_places_of_images_that_a_target_does_not_see_are_refused(whole):
    asked = SimpleNamespace(probe="named", target="net", grid="7", image_text_model="two")
    with pytest.raises(LinexpError, match="target net sees images of scenes; ask for its places in that probe"):
        dense_files.place_embedding_files(whole, asked)


CUT = {"RN50": True, "EVA02-B-16": True, "coca_ViT-B-32": True, "ViTamin-S": True, "swin_base_patch4_window7_224": True}
CUT |= {"ViT-L-16-SigLIP-384": False, "ViT-L-14-336": False, "ViT-B/32": False, "convnext_base_w_320": False}
CUT |= {"PE-Core-L-14-336": False, "MobileCLIP-S1": False, "workflow/resources/small_byobnet.json": False}


@pytest.mark.parametrize(
    ("model", "dense", "passes"),
    [("RN50", "key_key", 1), ("ViT-L-14", "crops", 49), *((name, None, 49 if cut else 1) for name, cut in CUT.items())],
)
def test_the_cost_of_crops_is_known_beforehand(whole, model, dense, passes):
    found = copy.deepcopy(whole)
    found["image_text_models"]["two"] = {"model": model, "pretrained": "w.pt"} | ({"dense": dense} if dense else {})
    two = SimpleNamespace(probe="scenes", target="net", grid="7", image_text_model="two")
    once = resources.embedding_images(found, two).seconds
    assert resources.embedding_places(found, two).seconds == pytest.approx(passes * once)


def test_an_untrained_copy_sees_what_the_target_does():
    found = config()
    found["targets"]["net"]["controls"] = ["untrained"]
    copied = SimpleNamespace(target="net_untrained", layer="where")
    assert inputs.view_of(checked(found, SCHEMA), copied, 7) == "net_7"


def test_what_is_not_made_at_places_is_left_out(whole):
    assert evaluation_files.reports_of_run(whole, None) == ["results/net/layer4/report/index.html"]
    files = evaluation_files.score_files(whole, WHERE)
    assert files["ceilings"] == files["missing"] == [] and "ablation" not in files
    assert "sanity" not in evaluation_files.summary_files(whole, WHERE)
    assert "sanity" in evaluation_files.summary_files(whole, LAYER4)
    figures = [path for path in figure_files.figures_of_run(whole, None) if "/where/" in path]
    assert {path.rpartition("/")[2] for path in figures} == {"scores.svg", "lengths.svg", "weights.svg"}


def test_ablation_at_places_is_made_of_whole_images_and_of_their_places_and_scored_if_it_is_asked_for(whole):
    files = evaluation_files.ablation_files(whole, WHERE)
    assert files["index"] == "results/probes/scenes/index.parquet", "losses are of images"
    assert files["activations"] == "results/net/where/activations.h5" and "head" not in files
    assert evaluation_files.ablation_files(whole, LAYER4)["head"] == "results/net/layer4/head.h5"
    assert evaluation_files.ablation_settings(whole, WHERE)["replace"] == "constant"
    assert evaluation_files.ablation_settings(whole, LAYER4)["replace"] == "shift"
    asked = checked(config(ablation=True), SCHEMA)
    assert evaluation_files.score_files(asked, WHERE)["ablation"] == "results/net/where/ablation.parquet"
    figures = {path.rpartition("/")[2] for path in figure_files.figures_of_layer(asked, WHERE)}
    assert "correlation_ablation.svg" in figures and "top_impact.svg" not in figures


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (evaluation_files.effect_files, "effect on the output"),
        (explorer_files.files, "explorer"),
        (evaluation_files.view_files, "picture of a neuron"),
        (evaluation_files.sanity_files, "sanity check"),
        (inputs.stability_files, "stability"),
    ],
)
def test_what_is_not_made_at_places_is_refused_in_one_line(whole, ask, what):
    with pytest.raises(LinexpError, match=f"layer where is explained at places, of which there is no {what}; ask for"):
        ask(whole, WHERE)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"impact": True}, "targets.net.layers.where.impact: Top Impact is not measured at places"),
        (
            {"ablation": True, "units": {"directions": "cavs.safetensors"}, "tokens": "patches"},
            "targets.net.layers.where.tokens: at places all patches are read, and replaced in ablation",
        ),
        (
            {"ablation": True, "units": {"directions": "cavs.safetensors"}, "pool": "max"},
            "targets.net.layers.where.ablation: with units, pool: max has no ablation",
        ),
        ({"pool": "first"}, "targets.net.layers.where.pool: first is no way to pool the values in a cell"),
        ({"places": 1}, "targets.net.layers.where.places: 1 is out of range; give at least 2"),
    ],
)
def test_a_layer_that_asks_for_what_places_have_not_is_refused(layer, said):
    assert refusal(config(**layer)).startswith(said)


def test_methods_and_simulators_without_pixel_labels_are_refused():
    found = config()
    found["targets"]["net"] |= {"probe": "named", "more_simulators": []}
    assert "'named' has no pixel labels, which labels at places are" in refusal(found)
    found = config()
    found["targets"]["net"] |= {"probe": "named", "methods": ["le_siglip"]}
    assert "'named' has no pixel labels; take pixel_labels out" in refusal(found)
    found = config()
    del found["targets"]["net"]["layers"]["where"]
    found["run"] = []
    assert "more_simulators.0: pixel_labels simulates layers at places" in refusal(found)
    found["targets"]["net"] |= {"probe": "named", "more_simulators": [], "methods": ["area"]}
    assert "'named' has no pixel labels, which presence: area goes by" in refusal(found)
    found = config()
    found["methods"]["le_label"]["presence"] = "both"
    assert "presence: both is not made at places" in refusal(found)
    found = config()
    for name in ("pixel_labels", "areas"):
        found = config()
        found["image_text_models"][name] = found["image_text_models"]["two"]
        assert f"image_text_models.{name}: the name '{name}' is reserved" in refusal(found)
