"""What is made of a layer in blocks of neurons is what is made of all its neurons at once, script by script."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.scripts import run
from linexp.artifacts import store
from linexp.concepts.presence import probabilities
from linexp.fitting import stability
from linexp.networks import recorded
from linexp.scoring import chance, sanity, shuffling

IMAGES, CONCEPTS, NEURONS, CLASSES, DIM = 400, 24, 23, 5, 10
A, B = 8.0, 0.1
MADE = store.Provenance("test", {}, "probe")
METHOD = {"search": {"max_concepts": 3, "tolerance": 0.02, "beam": 4, "swaps": True, "ridge": 0.01, "positive": False}}
ABLATION = {"loss": "cross_entropy", "optim": True, "replace": "shift"}
PAIRS = [("le", "two"), ("again", "two")]


def unit_rows(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A layer of sparse neurons behind which a linear head lies: one is dead, one never varies."""
    folder, rng = tmp_path_factory.mktemp("layer"), np.random.default_rng(0)
    named = ("images", "concepts", "presence", "wider", "moments", "activations", "outputs", "head", "curves", "labels")
    files = {name: folder / f"{name}.h5" for name in named}
    files |= {"index": folder / "index.parquet", "calibration": folder / "calibration.json"}
    split = rng.permutation(np.repeat(["train", "val", "test"], [240, 60, 100]))
    digests = [f"{row - row % 20 // 19:064x}" for row in range(IMAGES)]
    index = {"image": np.arange(IMAGES, dtype=np.int32), "sha256": digests, "split": split.tolist()}
    store.write_table(files["index"], MADE, pa.table(index))
    images, texts = (unit_rows(rng.normal(size=(n, DIM))) for n in (IMAGES, CONCEPTS))
    words = [f"word {number}" for number in range(CONCEPTS)]
    store.write_arrays(files["images"], MADE, {"embeddings": images})
    store.write_arrays(files["concepts"], MADE, {"embeddings": texts, "concepts": words})
    store.write_json(files["calibration"], MADE, {"a": A, "b": B})
    p = probabilities(images, texts, A, B)
    std = p.std(axis=0, dtype=np.float64)
    narrow = {"P": p[:, :16], "concepts": words[:16], "kept": np.ones(16, bool), "std": std[:16]}
    store.write_arrays(files["presence"], MADE, narrow)
    store.write_arrays(files["wider"], MADE, {"P": p, "concepts": words})
    run("compute_moments", files, files["moments"])
    mixed = (p / std) @ (rng.gamma(2.0, 1.0, (CONCEPTS, NEURONS)) * (rng.random((CONCEPTS, NEURONS)) < 0.15))
    activations = np.maximum(mixed + rng.normal(size=mixed.shape) - mixed.mean(axis=0) - 0.8, 0).astype(np.float32)
    activations[:, 4], activations[:, 11] = 0, 0.5
    with store.create_arrays(files["activations"], MADE) as file:
        store.write_rows(file, "activations", [activations], IMAGES, 4, is_sparse=True)
        store.write_array(file, "dead", activations.max(axis=0) <= 0)
    weight, bias = rng.normal(size=(CLASSES, NEURONS)).astype(np.float32), np.zeros(CLASSES, np.float32)
    logits = activations @ weight.T
    with store.create_arrays(files["outputs"], MADE) as file:
        store.write_array(file, "logits", logits)
        store.write_array(file, "labels", (logits + rng.gumbel(size=logits.shape)).argmax(axis=1))
        file.attrs["temperature"] = 1.5
    with store.create_arrays(files["head"], MADE) as file:
        file.attrs["linear"], file.attrs["of_units"] = True, False
        store.write_array(file, "weight", weight)
        store.write_array(file, "bias", bias)
    with store.create_arrays(files["curves"], MADE) as file:
        file.attrs["linear"] = True
    labels = (p[:, :6] > np.quantile(p[:, :6], 0.8, axis=0)).astype(np.uint8)
    store.write_arrays(files["labels"], MADE, {"labels": labels, "concepts": words[:6]})
    return files


def made(files, folder, neurons) -> dict[str, pd.DataFrame]:
    """What each script makes, as tables; of all neurons, or of some."""
    fit = {"method": METHOD, "neurons": neurons, "paper_parity": False}
    explained = run("explain_linear", files, folder / "le.parquet", **fit)
    simulated = run("simulate", files | {"explanations": explained}, folder / "le.h5")
    of_pair = {"explanations": explained, "simulation": simulated}
    twice = {name: [files[name]] * 2 for name in ("images", "concepts", "calibration")}
    pairs = twice | {"explanations": [explained] * 2, "simulations": [simulated] * 2}
    refits = [{"ridge": 0.01, "positive": False}, {}]
    judged = [{"method": m, "simulator": s, "refit": refit} for (m, s), refit in zip(PAIRS, refits, strict=True)]
    of_judged = files | pairs | {"vocabulary": [files["presence"]] * 2, "moments": [files["moments"]]}
    verdicts = run("judge_explanations", of_judged, folder / "verdicts.parquet", pairs=judged, neurons=neurons, seed=1)
    ceilings = run("measure_ceilings", files, folder / "ceilings.parquet", neurons=neurons)
    missing = run("find_missing_concepts", files | of_pair, folder / "missing.parquet", neurons=neurons)
    resampled = run("measure_stability", files | of_pair, folder / "stability.parquet", seed=1, **fit)
    shuffled = run(
        "shuffle_explanations", files | pairs, folder / "shuffles.parquet", pairs=PAIRS, neurons=neurons, seed=1
    )
    of_scores = files | pairs | {"verdicts": verdicts, "ceilings": [ceilings], "missing": [missing]}
    known = {"ceilings": ["le"], "missing": ["le"]}
    scores = run("score_explanations", of_scores, folder / "scores.parquet", pairs=PAIRS, neurons=neurons, **known)
    of_checks = files | {"explanations": [explained], "concepts": [files["concepts"]]}
    checks = {"methods": ["le"], "simulator": "two", "ablation": ABLATION, "neurons": neurons, "seed": 1}
    checked = run("check_sanity", of_checks, folder / "sanity.csv", **checks)
    impact = run("measure_impact", files, folder / "impact.parquet", neurons=neurons)
    wildcards = {"method": "le", "simulator": "two"}
    ablation = run(
        "score_ablation", files | of_pair, folder / "ablation.parquet", wildcards=wildcards, ablation=ABLATION
    )
    tables = (verdicts, ceilings, missing, resampled, shuffled, scores, impact, ablation)
    return {path.stem: pd.read_parquet(path) for path in tables} | {"sanity": pd.read_csv(checked)}


@pytest.mark.parametrize("neurons", [None, [0, 2, 4, 5, 9, 11, 20, 22]])
def test_blocks_give_what_all_neurons_at_once_do(files, neurons, tmp_path, monkeypatch):
    monkeypatch.setattr(chance, "DRAWS", 99)
    monkeypatch.setattr(stability, "RESAMPLES", 125)
    whole = made(files, tmp_path / "whole", neurons)
    monkeypatch.setattr(recorded, "NEURONS_TOGETHER", 5)
    monkeypatch.setattr(sanity, "NEURONS_AT_ONCE", 5)
    monkeypatch.setattr(shuffling, "VALUES_AT_ONCE", 3 * NEURONS)
    blocks = made(files, tmp_path / "blocks", neurons)
    n_neurons = len(neurons or range(NEURONS))
    assert len(whole["scores"]) == 2 * n_neurons and {"explained", "constant"} < {*whole["scores"]["verdict"], ""}
    assert whole["ablation"]["ablation_optim"].notna().sum() > n_neurons / 2
    for name, table in whole.items():
        pd.testing.assert_frame_equal(blocks[name], table, rtol=1e-6, atol=1e-7, obj=name)
