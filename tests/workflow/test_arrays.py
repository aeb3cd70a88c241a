"""Arrays that are taken out of a finished workflow's artifacts give its explanations, simulations and scores."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest

from linexp.arrays import explain, judge, score, simulate
from linexp.concepts.presence import probabilities

LAYER = "results/net/layer4"
PROBE = "results/probes/scenes"
METHODS = {"le_label": ("P/label", {}), "le_siglip": ("P/words/one", {"greedy": {"tolerance": 0.02}})}

ROUNDING = {"le_label": 0, "le_siglip": 1e-6}
"""Weights that differ by less than 1e-12 can round to another number in single precision."""


def arrays(path, *names):
    with h5py.File(path) as file:
        return [file[name].asstr()[...].tolist() if name == "concepts" else file[name][...] for name in names]


@pytest.fixture(scope="module", params=METHODS)
def method(request, finished):
    """A method: its name, and what arrays of its artifacts give."""
    presence, settings = METHODS[request.param]
    p, concepts = arrays(finished.folder / PROBE / presence / "P.h5", "P", "concepts")
    (q,) = arrays(finished.folder / LAYER / "activations.h5", "activations")
    index = pd.read_parquet(finished.folder / PROBE / "index.parquet")
    split = {name: index["split"].to_numpy() == name for name in ("train", "val", "test")}
    return request.param, explain(p, q, concepts, split, **settings), q


def of_simulator(finished):
    """Embeddings of images and of concepts, the names of these, and the calibration."""
    (images,) = arrays(finished.folder / PROBE / "embeddings/two.h5", "embeddings")
    texts, concepts = arrays(finished.folder / PROBE / "concepts/words/two.h5", "embeddings", "concepts")
    fitted = json.loads((finished.folder / "results/calibration/two.json").read_text())
    return images, texts, concepts, (fitted["a"], fitted["b"])


def simulated(finished, explained):
    """By the simulator's P of the concepts in use, as the job computes it: a product of more rounds otherwise."""
    images, texts, concepts, calibration = of_simulator(finished)
    used = {name for explanation in explained.explanations for name in explanation.concepts}
    columns = [column for column, name in enumerate(concepts) if name in used]
    p = probabilities(texts[columns], images, *calibration).T
    return simulate(explained, p, [concepts[column] for column in columns])


def test_the_explanations_are_those_of_the_workflow(finished, method):
    """To the bit by labels; the job of pseudo-labels shifts by P of a row that it computes alone, before it adds up."""
    name, explained, _ = method
    made = pd.read_parquet(finished.folder / LAYER / f"explanations/{name}.parquet")
    assert (made["status"] == "ok").any()
    exact = {"check_exact": True} if name == "le_label" else {"check_exact": False, "rtol": 1e-12, "atol": 1e-12}
    pd.testing.assert_frame_equal(explained.to_frame(), made, **exact)


def test_the_simulations_are_those_of_the_workflow(finished, method):
    name, explained, _ = method
    (made,) = arrays(finished.folder / LAYER / f"simulations/two/{name}.h5", "simulated")
    assert made.any()
    np.testing.assert_allclose(simulated(finished, explained), made, rtol=ROUNDING[name], atol=ROUNDING[name])


def test_the_scores_are_those_of_the_workflow(finished, method):
    name, explained, q = method
    scores = score(explained, simulated(finished, explained), q)
    made = pd.read_parquet(finished.folder / LAYER / "scores.parquet")
    made = made[made["method"] == name].reset_index(drop=True)
    assert scores["correlation"].notna().any()
    numbers = [column for column in scores if column != "status"]
    pd.testing.assert_frame_equal(scores[numbers], made[numbers], check_exact=False, rtol=0, atol=ROUNDING[name])
    without_ablation = made["status"] != "no_effect"
    assert without_ablation.any()
    assert scores["status"][without_ablation].tolist() == made["status"][without_ablation].tolist()


def test_the_verdicts_are_those_of_the_workflow(finished, method):
    name, explained, q = method
    images, texts, concepts, calibration = of_simulator(finished)
    verdicts = judge(explained, q, probabilities(images, texts, *calibration), concepts)
    made = pd.read_parquet(finished.folder / LAYER / "verdicts.parquet")
    made = made[(made["method"] == name) & (made["simulator"] == "two")].reset_index(drop=True)
    assert made["verdict"].notna().any()
    pd.testing.assert_frame_equal(verdicts, made[list(verdicts)], check_exact=False, rtol=0, atol=1e-5)
