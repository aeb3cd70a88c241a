"""All that a bare `snakemake` makes, for every combination of what a layer can do without."""

from itertools import product

import pandas as pd
import pytest

from helpers.configs import SCHEMA
from linexp.config.checks import checked
from linexp.planning import steps

ABLATION = {"ablated": {}, "unablated": {"ablation": False}}
IMPACT = {"only_ablated": {"impact": False}, "only_impact": {"ablation": False, "impact": True}}
LABELS = {"labelled": "scenes", "mapped_if_equal": "scenes", "unmapped": "scenes", "unlabelled": "bare_scenes"}
CONTROLS = {"controlled": ["shuffled", "random_concepts", "untrained"], "uncontrolled": []}
SIMULATORS = {"several": ["again"], "single": []}
CALIBRATION = {"fitted": "two", "given": "scaled"}
COMBINATIONS = [
    *product(ABLATION, LABELS, CONTROLS, SIMULATORS, CALIBRATION),
    *product(IMPACT, LABELS, ["controlled"], ["single"], ["fitted"]),
]
NOT_COUNTED = {"all", "make_labels", "make_concept_set", "extract_head", "merge_ablation", "embed_explanations"}
NOT_COUNTED |= {"summarise_scores", "compare_methods", "draw_layer_figure", "make_report"}
LEAST = ("unablated", "unlabelled", "uncontrolled", "single", "given")


def target_of(original: dict, combination: tuple[str, ...]) -> dict:
    ablated, labelled, controlled, several, calibrated = combination
    layers = {"layer4": {"module": "layer4", "pool": "avg"} | (ABLATION | IMPACT)[ablated]}
    target = original | {
        "probe": LABELS[labelled],
        "layers": layers,
        "simulator": CALIBRATION[calibrated],
        "more_simulators": SIMULATORS[several],
        "controls": CONTROLS[controlled],
        "concepts": "mine_too",
        "methods": ["le_siglip"] if labelled == "unlabelled" else ["le_label", "le_siglip"],
        "ablation": {"loss": "cross_entropy" if labelled == "labelled" else "kl"},
    }
    return target | {"class_map": "none"} if labelled == "unmapped" else target


def configured(project, combinations):
    """A target of each combination, and its layer under `run`."""
    config = project.config()
    bare = {"kind": "parquet", "files": ["results/probes/scenes/images.parquet"]}
    config["probes"]["bare_scenes"] = bare
    given = {"trained": "two", "calibration": {"a": 9.0, "b": 0.3}}
    config["image_text_models"] |= {"scaled": given, "again": given}
    config["concept_sets"]["mine_too"] = {"file": "mine_too.txt"}
    (project.folder / "mine_too.txt").write_text("snow\ncar\ndog\nnight\ngrass\n")
    original = config["targets"]["net"]
    config["targets"] = {"_".join(names): target_of(original, names) for names in combinations}
    config["run"] = [f"{name}/layer4" for name in config["targets"]]
    project.configure(config)
    return project


def expected_figures(ablated, labelled, _controlled, _several, calibrated) -> set[str]:
    figures = {"scores", "lengths", "weights"}
    figures |= {"calibration"} if calibrated == "fitted" else set()
    figures |= {"correlation_ablation"} if ablated in ("ablated", "only_ablated") else set()
    has_impact = ablated in ("ablated", "only_impact") and labelled == "labelled"
    return figures | {"top_impact"} if has_impact else figures


def test_every_combination_is_planned_with_the_figures_and_the_steps_that_it_can_have(project, monkeypatch):
    plan = configured(project, COMBINATIONS).plan()
    assert plan.status == 0, plan.said[-3000:]
    planned = {combination: set() for combination in COMBINATIONS}
    by_name = {"_".join(combination): combination for combination in COMBINATIONS}
    for job in plan.jobs:
        if job.rule == "draw_layer_figure":
            planned[by_name[job.wildcards["target"]]].add(job.wildcards["figure"])
    assert planned == {combination: expected_figures(*combination) for combination in COMBINATIONS}
    reported = {job.wildcards["target"] for job in plan.jobs if job.rule == "make_report"}
    assert reported == set(by_name)

    monkeypatch.chdir(project.folder)
    config = checked(project.config(), SCHEMA)
    listed = [step for place in config["run"] for step in steps.steps(config, *place.split("/")) if not step.is_done]
    models = config["image_text_models"].items()
    given = {f"results/calibration/{name}.json" for name, model in models if "probe" not in model["calibration"]}
    jobs = {(job.rule, job.outputs[0]) for job in plan.jobs if job.rule not in NOT_COUNTED}
    jobs = {(rule, artifact) for rule, artifact in jobs if artifact not in given}
    assert {(step.rule, step.artifact) for step in listed} == jobs


@pytest.mark.long
def test_a_layer_that_leaves_out_all_that_it_can_runs_to_its_end(project):
    configured(project, [LEAST]).run()
    folder = project.folder / "results" / "_".join(LEAST) / "layer4"
    assert {path.stem for path in folder.glob("figures/*.svg")} == expected_figures(*LEAST)
    assert (folder / "report/index.html").is_file()
    assert set(pd.read_csv(folder / "summary.csv")["simulator"]) >= {CALIBRATION["given"], *SIMULATORS["single"]}
    assert pd.read_parquet(folder / "scores.parquet")["ablation_norm"].isna().all()
