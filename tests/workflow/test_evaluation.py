"""Ablation and Top Impact of a finished workflow, against forward passes of the whole network with a hook."""

from functools import partial

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from helpers.hooked import hooked_alpha, hooked_logits, hooked_losses
from helpers.literal_network import literal_network
from linexp.artifacts import attributes, seals, store
from linexp.networks.outputs import TEMPERATURES

pytestmark = pytest.mark.long
PLACES = {"layer4": ("layer4", "avg"), "layer3": ("layer3", "max")}


def few_methods(project, **layers):
    """Explain by two methods, without controls, to save time."""
    config = project.config()
    config["targets"]["net"] |= {"methods": ["le_label", "clip_dissect"], "controls": []}
    config["targets"]["net"]["layers"] |= layers
    project.configure(config)


@pytest.fixture(scope="module")
def evaluated(finished, tmp_path_factory):
    """A finished project, with scores of a middle layer and its effects on the output, and the Top Impact of both."""
    project = finished.copy(tmp_path_factory.mktemp("evaluation") / "project")
    few_methods(project)
    project.run(
        *(f"results/{name}" for name in ("net/layer3/scores.parquet", "net/layer3/effects.h5", "tables/table_01.csv"))
    )
    return project


@pytest.fixture(scope="module")
def literal(evaluated):
    """The network with its images, labels, splits and temperature, read without the workflow's own readers."""
    return literal_network(evaluated.folder)


def losses_of(literal, layer, neuron, split):
    """Losses as a function of the values of one neuron."""
    module, pool = PLACES[layer]
    rows = literal.rows[split]
    return partial(
        hooked_losses,
        literal.network,
        module,
        neuron,
        literal.images[rows],
        literal.labels[rows],
        pool=pool,
        temperature=literal.temperature,
    )


def test_the_temperature_fits_val_best(literal):
    rows = literal.rows["val"]
    with torch.no_grad():
        logits = literal.network(literal.images[rows]).double()

    def loss(temperature):
        return torch.nn.functional.cross_entropy(logits / temperature, torch.tensor(literal.labels[rows])).item()

    best = loss(literal.temperature)
    nearby = [literal.temperature * factor for factor in (0.9, 0.99, 1.01, 1.1)]
    low, high = TEMPERATURES
    assert all(best <= loss(temperature) for temperature in nearby if low <= temperature <= high)


@pytest.mark.parametrize("layer", PLACES)
def test_ablation_scores_are_those_of_hooks_on_the_whole_network(layer, literal):
    scores = pd.read_parquet(literal.layer(layer) / "scores.parquet")
    with h5py.File(literal.layer(layer) / "activations.h5") as file:
        activations = file["activations"][...].astype(np.float64)
    compared = 0
    for method, rows in scores.groupby("method"):
        with h5py.File(literal.layer(layer) / f"simulations/two/{method}.h5") as file:
            simulated = file["simulated"][...].astype(np.float64)
        scored = rows.dropna(subset="ablation_norm")
        for row in scored.iloc[:: max(1, len(scored) // 4)].itertuples():
            q = activations[literal.rows["val"], row.neuron]
            s_val, s_test = (simulated[literal.rows[split], row.neuron] for split in ("val", "test"))
            losses = losses_of(literal, layer, row.neuron, "test")
            alpha = partial(hooked_alpha, losses, q.mean())
            assert row.ablation_optim == pytest.approx(alpha(row.c * s_test + row.d), abs=1e-4)
            c, d = np.polyfit(s_val, q, 1)
            assert row.ablation_norm == pytest.approx(alpha(c * s_test + d), abs=1e-4)
            on_val = partial(hooked_alpha, losses_of(literal, layer, row.neuron, "val"), q.mean())
            assert on_val(row.c * s_val + row.d) >= max(0, on_val(c * s_val + d)) - 1e-4
            compared += 1
    assert compared >= 8


def test_a_method_more_keeps_the_curves_of_a_replayed_tail_and_the_ablation_of_others(evaluated, tmp_path):
    project = evaluated.copy(tmp_path / "project")
    config = project.config()
    config["targets"]["net"]["methods"] = ["best_concept", "le_label", "clip_dissect"]
    project.configure(config)
    scores = "results/net/layer3/scores.parquet"
    own = ("explain_best_concept", "simulate", "judge_explanations", "measure_ceilings")  # as the first with this P
    own += ("score_ablation", "merge_ablation", "score_explanations")
    assert project.planned(scores) == dict.fromkeys(own, 1)
    before = pd.read_parquet(project.folder / "results/net/layer3/ablation.parquet")
    project.run(scores)
    after = pd.read_parquet(project.folder / "results/net/layer3/ablation.parquet")
    assert list(dict.fromkeys(after["method"])) == ["best_concept", "le_label", "clip_dissect"]
    assert after.query("method == 'best_concept'")["ablation_optim"].notna().any()
    others = after.query("method != 'best_concept'").reset_index(drop=True)
    pd.testing.assert_frame_equal(others, before, check_exact=True)


def test_another_number_of_nodes_remakes_curves_and_ablation_where_the_tail_is_replayed(evaluated, tmp_path):
    project = evaluated.copy(tmp_path / "project")
    config = project.config()
    config["targets"]["net"]["ablation"] = {"most_nodes": 17}
    project.configure(config)
    planned = project.planned("results/net/layer3/scores.parquet")
    assert planned == {"sample_curves": 1, "score_ablation": 2, "merge_ablation": 1, "score_explanations": 1}


@pytest.mark.parametrize("layer", PLACES)
def test_top_impact_is_that_of_hooks_on_the_whole_network(layer, literal):
    table = pd.read_parquet(literal.layer(layer) / "impact.parquet")
    with h5py.File(literal.layer(layer) / "activations.h5") as file:
        activations = file["activations"][...]
    module, pool = PLACES[layer]
    for neuron in (0, 3):
        losses = partial(
            hooked_losses,
            literal.network,
            module,
            neuron,
            literal.images,
            literal.labels,
            pool=pool,
            replace="constant",
            temperature=literal.temperature,
        )
        change = np.abs(losses(values=None) - losses(values=np.zeros(len(literal.labels))))
        order = np.argsort(-activations[:, neuron], kind="stable")
        for row in table[table["neuron"] == neuron].itertuples():
            assert row.images == max(1, round(row.beta * len(change)))
            share = change[order[: row.images]].sum() / change.sum()
            assert row.top_impact_loss == pytest.approx(share, abs=1e-5)


def test_effects_on_the_output_are_those_of_hooks_on_the_whole_network(literal):
    folder = literal.layer("layer3")
    with h5py.File(folder / "activations.h5") as file:
        activations = file["activations"][...].astype(np.float64)
    with h5py.File(folder / "effects.h5") as file:
        neurons, effects, images = file["neurons"][...].tolist(), file["effects"][...], file.attrs["images"]
    assert not h5py.File(literal.layer("layer4") / "effects.h5").keys(), "a linear head follows"
    module, pool = PLACES["layer3"]
    for neuron in (0, 3):
        q = activations[:, neuron]
        highest = np.argsort(-q, kind="stable")[:images]
        before, after = (
            hooked_logits(literal.network, module, neuron, literal.images[highest], values, pool).numpy()
            for values in (None, np.full(images, q.mean()))
        )
        expected = (before - after).mean(axis=0)
        assert effects[neurons.index(neuron)] == pytest.approx(expected, abs=1e-4 * np.abs(expected).max() + 1e-6)


def test_table_1_has_the_means_of_every_layer_and_of_all_neurons(literal, evaluated):
    means = pd.read_csv(evaluated.folder / "results/tables/table_01.csv").set_index(["row", "column"])
    tables = [pd.read_parquet(literal.layer(layer) / "impact.parquet") for layer in sorted(PLACES)]
    for layer, table in zip([*sorted(PLACES), "+".join(sorted(PLACES))], [*tables, pd.concat(tables)], strict=True):
        for beta, rows in table.groupby("beta"):
            cell = means.loc[(f"net/{layer}", f"β = {beta:g}")]
            assert cell["measured"] == pytest.approx(rows["top_impact"].mean(), rel=1e-4)
            assert cell["neurons"] == rows["top_impact"].notna().sum()


def test_the_summary_has_every_method_and_control_with_intervals(finished):
    summary = pd.read_csv(finished.folder / "results/net/layer4/summary.csv", keep_default_na=False)
    assert summary["method"].tolist() == [
        *finished.config()["targets"]["net"]["methods"],
        "random_concepts",
        "le_label",
    ]
    assert summary["control"].tolist() == [""] * 4 + ["random_concepts", "untrained"]
    explained = summary[summary["control"] != "untrained"].astype({"correlation_low": float, "correlation_high": float})
    assert (explained["correlation_low"] <= explained["correlation"].astype(float)).all()
    assert explained["recall_sanity"].str.match(r"(passed|failed) \(").all()
    comparison = pd.read_csv(finished.folder / "results/net/layer4/comparison.csv")
    assert {"ablation_optim", "correlation"} <= set(comparison["metric"])


def changed(path, change):
    """Change an artifact as somebody else's program would."""
    with h5py.File(path, "r+") as file:
        change(file)


def other_probe(file):
    file.attrs["probe_fingerprint"] = "0" * 64
    found = attributes.of_file(file)
    file.attrs["sha256"] = seals.sha256_of({key: found[key] for key in seals.ATTRIBUTES if key in found})


def other_labels(file):
    labels = file["labels"][...]
    labels[3] = 99
    del file["labels"]
    file["labels"] = labels


def not_a_number(file):
    activations = file["activations"][...]
    activations[5, 2] = np.nan
    del file["activations"]
    file["activations"] = activations


def other_head(file):
    weight = file["weight"][...]
    del file["weight"]
    file["weight"] = weight[:, ::-1] + 1


WRONG = {
    "outputs of another probe": ("outputs.h5", other_probe, "were made from different images or splits"),
    "labels outside the classes": ("outputs.h5", other_labels, "label 99 is outside the model's classes"),
    "activations that are no numbers": ("layer4/activations.h5", not_a_number, "activations that are not finite"),
    "head of another model": ("layer4/head.h5", other_head, "are not of one model"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_told_in_one_line_and_nothing_is_written(case, project):
    name, change, message = WRONG[case]
    changed(project.folder / "results/net" / name, change)
    part = "results/net/layer4/ablation/two/le_label.parquet"
    output = project.folder / part
    output.unlink()
    done = project.snakemake(part, "--rerun-triggers", "input")
    assert done.returncode != 0 and not output.exists()
    assert "Traceback" not in done.stdout
    (line,) = {line for line in done.stdout.splitlines() if line.startswith("linexp: ")}
    assert message in line and ("run again" in line or "make both again: snakemake " in line)


def test_logits_are_a_layer_like_any_other(project):
    few_methods(project, logits={"module": "fc", "pool": "none"})
    project.run("results/net/logits/ablation.parquet")
    scores = store.read_table(project.folder / "results/net/logits/ablation.parquet").to_pandas()
    assert scores["ablation_optim"].notna().any()
