"""What Snakemake says it would run after a change: only what lies downstream of it."""

import os
import subprocess
import time

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

SUMMARISING = {"summarise_scores", "compare_methods", "make_report", "draw_layer_figure"}
ABLATING = {"score_ablation", "merge_ablation"}
JUDGING = {"judge_explanations", "score_explanations", "check_sanity", "shuffle_explanations"}
SCORING = {"simulate", *ABLATING, *JUDGING, *SUMMARISING}
FIGURES_OF_SCORES = 4
MEASURING_IMPACT = {"measure_impact", "draw_layer_figure"}
MEASURING_EFFECTS = {"sample_curves", "measure_effects"}
EXPLAINING = {"explain_linear", "explain_best_concept", "explain_baseline", "explain_random_concepts"}
ONE_METHOD = dict.fromkeys(SCORING | {"explain_linear"}, 1) | {"draw_layer_figure": FIGURES_OF_SCORES}


def append(path, text="\nCHANGED = True\n"):
    with path.open("a") as file:
        file.write(text)


def touch_later(path):
    later = time.time() + 60
    os.utime(path, (later, later))


def test_a_finished_workflow_has_nothing_to_do(project):
    assert project.planned() == {}


def test_the_greedy_tolerance_remakes_explanations_and_what_follows(project):
    config = project.config()
    config["methods"]["le_siglip"]["greedy"]["tolerance"] = 0.05
    project.configure(config)
    assert project.planned() == ONE_METHOD


def test_a_new_layer_makes_its_own_chain_and_no_embedding(project):
    planned = project.planned("results/net/layer3/scores.parquet")
    assert planned == {
        "record_activations": 1,
        "extract_head": 1,
        "explain_linear": 2,
        "explain_best_concept": 1,
        "explain_baseline": 1,
        "explain_random_concepts": 1,
        "simulate": 5,
        "sample_curves": 1,
        "score_ablation": 5,
        "merge_ablation": 1,
        "judge_explanations": 1,
        "measure_ceilings": 2,  # by labels, and by the pseudo-labels that two methods share
        "score_explanations": 1,
    }


def test_a_new_method_makes_its_own_chain(project):
    config = project.config()
    config["targets"]["net"]["methods"].append("le_siglip_top5")
    project.configure(config)
    assert project.planned() == ONE_METHOD
    (ablated,) = (job for job in project.plan().jobs if job.rule == "score_ablation")
    assert ablated.outputs == ["results/net/layer4/ablation/two/le_siglip_top5.parquet"]


def test_new_neurons_remake_explanations_and_nothing_before(project):
    config = project.config()
    config["targets"]["net"]["neurons"] = [0, 3]
    project.configure(config)
    remade = EXPLAINING | SCORING | MEASURING_IMPACT | MEASURING_EFFECTS | {"measure_ceilings", "record_maps"}
    assert set(project.planned()) == remade


def test_an_edited_library_module_remakes_what_uses_it(project):
    append(project.folder / "workflow/scripts/linexp/fitting/greedy.py")
    planned = project.planned()
    assert planned["explain_linear"] == 3, "two methods, and one on the untrained copy"
    assert set(planned) <= EXPLAINING | SCORING | {"measure_ceilings"}


def test_an_edited_script_remakes_its_rule(project):
    append(project.folder / "workflow/scripts/summarise_scores.py")
    assert set(project.planned()) == {"summarise_scores", "make_report"}


@pytest.mark.parametrize("ablation", [{"most_nodes": 17}, {"tolerance": 0.5}, {"replace": "constant"}])
def test_what_is_of_replayed_tails_alone_remakes_nothing_behind_a_linear_head(ablation, project):
    config = project.config()
    config["targets"]["net"]["ablation"] = ablation
    project.configure(config)
    assert project.planned() == {}


def test_a_search_that_is_left_out_remakes_ablation_and_the_scores(project):
    config = project.config()
    config["targets"]["net"]["ablation"] = {"optim": False}
    project.configure(config)
    assert set(project.planned()) == {
        "sample_curves",
        *ABLATING,
        "check_sanity",
        "score_explanations",
        *SUMMARISING,
    }


def test_switching_ablation_off_records_nothing_again(project):
    config = project.config()
    config["targets"]["net"]["layers"]["layer4"]["ablation"] = False
    project.configure(config)
    assert set(project.planned()) == {"check_sanity", "score_explanations", *SUMMARISING}


def test_another_temperature_remakes_outputs_and_no_activations(project):
    config = project.config()
    config["targets"]["net"]["temperature"] = 1.1
    project.configure(config)
    assert set(project.planned()) == {
        "record_outputs",
        *MEASURING_EFFECTS,
        *ABLATING,
        "check_sanity",
        "score_explanations",
        *MEASURING_IMPACT,
        *SUMMARISING,
    }


def test_a_control_adds_its_own_chain(project):
    config = project.config()
    config["targets"]["net"]["controls"] = ["shuffled"]
    project.configure(config)
    assert set(project.planned()) == {"merge_ablation", *JUDGING - {"check_sanity"}, *SUMMARISING}


def test_an_edited_concept_file_remakes_the_concepts_and_what_follows(project):
    append(project.folder / "mine.txt", "shoe\n")
    planned = project.planned()
    assert {"make_concept_set", "embed_concepts", "make_pseudo_presence"} <= set(planned)
    assert not {"embed_images", "record_activations", "train_image_text", "make_label_presence"} & set(planned)


def test_touched_code_and_configuration_remake_nothing(project):
    for place in ("Snakefile", "rules", "workflow", "config.yaml", "mine.txt", "tiny.json"):
        path = project.folder / place
        for file in [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]:
            touch_later(file)
    assert project.planned() == {}


def test_touched_artifacts_remake_nothing(project):
    for file in (project.folder / "results").rglob("*.*"):
        touch_later(file)
    assert project.planned() == {}


def test_a_comment_or_another_order_in_the_configuration_remakes_nothing(project):
    config = project.config()
    shuffled = {key: config[key] for key in reversed(config)}
    (project.folder / "config.yaml").write_text("# a comment\n" + yaml.safe_dump(shuffled, sort_keys=True))
    assert project.planned() == {}


def test_deleted_scores_remake_the_scores_alone(project):
    (project.folder / "results/net/layer4/scores.parquet").unlink()
    assert project.planned("results/net/layer4/scores.parquet") == {"score_explanations": 1}


def test_one_stage_can_be_run_again(project):
    planned = project.planned("results/net/layer4/scores.parquet", "-R", "record_activations")
    assert planned["record_activations"] == 1
    assert "embed_images" not in planned


def test_lambda_remakes_explanations_and_what_follows(project):
    config = project.config()
    config["methods"]["le_siglip"]["lambda"] = 0.1
    project.configure(config)
    assert project.planned() == ONE_METHOD


def with_method(config, name, **method):
    config["methods"][name] = {"kind": "linear", **method}
    config["targets"]["net"]["methods"].append(name)


def with_a_third_model(config):
    config["image_text_models"]["three"] = {"trained": "two", "calibration": {"a": 8.0, "b": 0.2}}


def explanations(method):
    return f"results/net/layer4/explanations/{method}.parquet"


SEARCHING = ("le_best", "le_like", "le_mean", "le_both")


@pytest.fixture(scope="module")
def searched(finished, tmp_path_factory):
    """A project with explanations by each way to search and by each P that is made of two."""
    project = finished.copy(tmp_path_factory.mktemp("searched") / "project")
    config = project.config()
    with_a_third_model(config)
    with_method(config, "le_best", presence="pseudo", search={})
    with_method(config, "le_like", presence="label", search={"like": "le_siglip"})
    with_method(config, "le_mean", presence="pseudo", explainer=["three", "one"], search={})
    with_method(config, "le_both", presence="both", search={})
    project.configure(config)
    project.run(*map(explanations, SEARCHING))
    return project


@pytest.fixture
def searching(searched, tmp_path):
    return searched.copy(tmp_path / "project")


def test_a_search_makes_its_own_chain(project):
    config = project.config()
    with_method(config, "le_best", presence="pseudo", search={})
    project.configure(config)
    assert project.planned() == ONE_METHOD


@pytest.mark.long
def test_settings_of_a_search_remake_that_alone(searching):
    config = searching.config()
    config["methods"]["le_best"]["search"] = {"beam": 10}  # its default
    searching.configure(config)
    assert searching.planned(*map(explanations, SEARCHING)) == {}
    config["methods"]["le_best"]["search"] = {"ridge": 0.1}
    searching.configure(config)
    assert searching.planned(*map(explanations, SEARCHING)) == {"explain_linear": 1}


@pytest.mark.long
def test_a_search_at_another_method_s_lengths_follows_that_method(searching):
    tables = [pq.read_table(searching.folder / explanations(name)) for name in ("le_like", "le_siglip")]
    ours, theirs = (list(map(len, table["concepts"].to_pylist())) for table in tables)
    assert ours == theirs
    config = searching.config()
    config["methods"]["le_siglip"]["greedy"]["tolerance"] = 0.05
    searching.configure(config)
    assert searching.planned(explanations("le_like")) == {"explain_linear": 2}


OF_A_NEW_P = {
    "compute_moments": 1,
    "explain_linear": 1,
    "simulate": 1,
    "score_ablation": 1,
    "merge_ablation": 1,
    "judge_explanations": 1,
    "measure_ceilings": 1,
    "score_explanations": 1,
}


def test_several_explainers_make_their_mean(project):
    config = project.config()
    with_a_third_model(config)
    config["methods"]["le_siglip"]["explainer"] = ["three", "one"]
    project.configure(config)
    new = {"embed_images": 1, "embed_concepts": 1, "calibrate": 1, "make_pseudo_presence": 1}
    assert project.planned("results/net/layer4/scores.parquet") == new | OF_A_NEW_P


@pytest.mark.long
def test_the_mean_of_explainers_follows_the_calibration_of_each_and_not_their_order(searching):
    config = searching.config()
    config["methods"]["le_mean"]["explainer"] = ["one", "three"]
    searching.configure(config)
    assert searching.planned(explanations("le_mean")) == {}
    config["image_text_models"]["three"]["calibration"]["a"] = 9.0
    searching.configure(config)
    chain = ("calibrate", "make_pseudo_presence", "compute_moments", "explain_linear")
    assert searching.planned(explanations("le_mean")) == dict.fromkeys(chain, 1)


def test_labels_and_pseudo_labels_together_make_a_p_of_their_own(project):
    config = project.config()
    with_method(config, "le_both", presence="both", search={})
    project.configure(config)
    scores = "results/net/layer4/scores.parquet"
    assert project.planned(scores) == {"make_both_presence": 1} | OF_A_NEW_P
    config["methods"]["le_both"]["concepts"] = "mine"  # which has no labels
    project.configure(config)
    with_labels = {"make_concept_set": 1, "embed_concepts": 2, "make_pseudo_presence": 1, "make_both_presence": 1}
    assert project.planned(scores) == with_labels | OF_A_NEW_P


@pytest.mark.long
def test_labels_and_pseudo_labels_together_follow_their_weight(searching):
    (presence,) = (searching.folder / "results/probes/scenes/P/words").rglob("both_0.5/P.h5")
    with h5py.File(presence) as file:
        assert 0 < file["averaged"][...].sum() < len(file["averaged"]) == file["P"].shape[1]
    config = searching.config()
    config["methods"]["le_both"]["label_weight"] = 0.5  # its default
    searching.configure(config)
    assert searching.planned(explanations("le_both")) == {}
    config["methods"]["le_both"]["label_weight"] = 0.25
    searching.configure(config)
    chain = ("make_both_presence", "compute_moments", "explain_linear")
    assert searching.planned(explanations("le_both")) == dict.fromkeys(chain, 1)


def test_a_new_model_makes_its_activations_and_what_follows_and_no_embedding(project):
    config = project.config()
    model = {"source": "timm", "name": "test_resnet", "weights": "none"}
    model["preprocess"] = {"resize": 32, "mean": [0.5] * 3, "std": [0.5] * 3}
    config["targets"]["other"] = {**config["targets"]["net"], "model": model, "class_map": "none", "controls": []}
    config["targets"]["other"]["ablation"] = {"loss": "kl"}
    project.configure(config)
    assert project.planned("results/other/layer4/scores.parquet") == {
        "record_activations": 1,
        "record_outputs": 1,
        "extract_head": 1,
        "explain_linear": 2,
        "explain_best_concept": 1,
        "explain_baseline": 1,
        "simulate": 4,
        "sample_curves": 1,
        "score_ablation": 4,
        "merge_ablation": 1,
        "judge_explanations": 1,
        "measure_ceilings": 2,
        "score_explanations": 1,
    }
    assert project.planned() == {}


def test_a_new_simulator_makes_its_embeddings_simulations_and_scores(project):
    config = project.config()
    config["image_text_models"]["three"] = {"trained": "two", "calibration": {"a": 8.0, "b": 0.2}}
    config["targets"]["net"]["more_simulators"] = ["three"]
    project.configure(config)
    assert project.planned("results/net/layer4/scores.parquet") == {
        "embed_images": 1,
        "embed_concepts": 2,
        "calibrate": 1,
        "simulate": 4,
        "score_ablation": 4,
        "merge_ablation": 1,
        "judge_explanations": 1,
        "score_explanations": 1,
    }


def test_an_imported_file_makes_its_own_chain_and_an_edit_of_it_the_same(project):
    config = project.config()
    config["methods"]["theirs"] = {"kind": "imported", "file": "theirs.csv"}
    config["targets"]["net"]["methods"].append("theirs")
    project.configure(config)
    (project.folder / "theirs.csv").write_text("layer,unit,description\nlayer4,0,red things\n")
    chain = dict.fromkeys((SCORING | {"import_explanations", "embed_explanations"}) - {"check_sanity"}, 1)
    chain["draw_layer_figure"] = FIGURES_OF_SCORES
    assert project.planned() == chain
    project.run("results/net/layer4/explanations/theirs.parquet")
    assert project.planned() == {rule: jobs for rule, jobs in chain.items() if rule != "import_explanations"}
    append(project.folder / "theirs.csv", "layer4,1,guitars\n")
    assert project.planned() == chain


def test_a_fresh_checkout_of_code_configuration_and_files_remakes_nothing(project):
    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=project.folder, check=True, capture_output=True)

    places = [path.name for path in project.folder.iterdir() if path.name not in ("results", ".snakemake")]
    git("init")
    git("add", *places)
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "all")
    git("rm", "-r", "--quiet", *places)
    git("reset", "--hard")
    assert project.planned() == {}


def test_touched_files_of_up_to_100_mb_remake_nothing(project):
    config = project.config()
    rows = pq.read_table(project.folder / "results/probes/scenes/images.parquet", columns=["image"]).slice(0, 20)
    padding = [np.random.default_rng(row).bytes(4_800_000) for row in range(20)]
    pq.write_table(rows.append_column("padding", pa.array(padding, pa.binary())), project.folder / "photos.parquet")
    assert 95e6 < (project.folder / "photos.parquet").stat().st_size < 100e6
    config["probes"]["photos"] = {"kind": "parquet", "files": ["photos.parquet"], "image": "image"}
    project.configure(config)
    index = "results/probes/photos/index.parquet"
    project.run(index)
    touch_later(project.folder / "photos.parquet")
    assert project.planned(index) == {}
    with (project.folder / "photos.parquet").open("r+b") as file:
        file.seek(1000)
        file.write(b"changed")
    assert project.planned(index) == {"index_images": 1}
