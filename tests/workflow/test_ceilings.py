"""Ceilings as a whole run makes them: beside the scores of the main simulator, from the artifacts that lie there."""

import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from linexp.fitting.ridge import STRENGTHS
from linexp.scoring.reasons import CEILINGS, REASONS

LAYER = "results/net/layer4"
P = {"le_label": "label", "le_siglip": "words/one", "best_concept": "words/one"}


def best_ridge(seen: np.ndarray, q: np.ndarray, split: np.ndarray) -> float:
    """The test correlation of the ridge of scikit-learn whose correlation on val is highest."""
    train = split == "train"
    std = seen[train].std(axis=0)
    z = (seen - seen[train].mean(axis=0))[:, std >= 1e-5] / std[std >= 1e-5]
    found = []
    for strength in STRENGTHS:
        predicted = Ridge(alpha=strength * train.sum()).fit(z[train], q[train]).predict(z)
        found.append([np.corrcoef(predicted[split == name], q[split == name])[0, 1] for name in ("val", "test")])
    return max(found)[1]


def test_scores_have_the_ceilings_of_each_p_and_a_reason_where_nothing_is_explained(finished):
    folder = finished.folder / LAYER
    scores = pd.read_parquet(folder / "scores.parquet")
    for method, presence in P.items():
        of_method = scores[scores["method"] == method].set_index("neuron")
        table = pd.read_parquet(folder / f"ceilings/{presence}.parquet").set_index("neuron")
        pd.testing.assert_frame_equal(of_method[CEILINGS], table[CEILINGS], check_exact=True)
        told = of_method["why_not"].notna()
        known = table[CEILINGS].notna().all(axis=1)
        assert (told == (known & (of_method["verdict"] != "explained"))).all()
        assert set(of_method["why_not"].dropna()) <= set(REASONS)
    others = scores[~scores["method"].isin(list(P))]
    assert others[[*CEILINGS, "why_not", "missing_concept"]].isna().all(axis=None) and len(others)
    summary = pd.read_csv(folder / "summary.csv").query("control != 'untrained'").set_index("method")
    shares = summary.loc["le_label", [f"why_not_{reason}" for reason in REASONS]].sum()
    assert shares == pytest.approx(scores.query("method == 'le_label'")["why_not"].notna().mean())


def test_the_ridges_are_those_of_scikit_learn_on_what_lies_there(finished):
    probe = finished.folder / "results/probes/scenes"
    split = pd.read_parquet(probe / "index.parquet")["split"].to_numpy()
    with h5py.File(finished.folder / LAYER / "activations.h5") as file:
        q = file["activations"][...].astype(np.float64)
    with h5py.File(probe / "P/words/one/P.h5") as file:
        p = file["P"][...].astype(np.float64)
    with h5py.File(probe / "embeddings/two.h5") as file:
        embeddings = file["embeddings"][...].astype(np.float64)
    table = pd.read_parquet(finished.folder / LAYER / "ceilings/words/one.parquet")
    compared = 0
    for row in table[table["ceiling_concepts"].notna()].head(5).itertuples():
        assert row.ceiling_concepts == pytest.approx(best_ridge(p, q[:, row.neuron], split), abs=2e-3)
        assert row.ceiling_embeddings == pytest.approx(best_ridge(embeddings, q[:, row.neuron], split), abs=2e-3)
        compared += 1
    assert compared == 5


@pytest.mark.long
def test_a_wider_set_gives_each_explanation_the_concept_that_it_lacks(project):
    config = project.config()
    config["concept_sets"]["more"] = {"union": ["words", "words_more"]}
    (project.folder / "words_more.txt").write_text("\n".join(["meadow", "harbour", "lamp", "fog", "tree", "road"]))
    config["concept_sets"]["words_more"] = {"file": "words_more.txt"}
    config["targets"]["net"] |= {"wider_concepts": "more", "controls": []}
    project.configure(config)
    project.run(f"{LAYER}/scores.parquet")
    scores = pd.read_parquet(project.folder / LAYER / "scores.parquet")
    explained = pd.read_parquet(project.folder / LAYER / "explanations/le_siglip.parquet").set_index("neuron")
    of_method = scores[scores["method"] == "le_siglip"].set_index("neuron")
    for neuron, concepts in explained["concepts"].items():
        lacks = of_method.loc[neuron, "missing_concept"]
        assert pd.isna(lacks) if not len(concepts) else lacks not in set(concepts)
    assert of_method["missing_concept"].notna().any()
    assert of_method["missing_correlation"].dropna().between(-1, 1).all()
    assert scores.query("method == 'best_concept'")["missing_concept"].isna().all()


def test_another_main_simulator_remakes_ceilings_and_one_more_does_not(project):
    config = project.config()
    config["image_text_models"]["three"] = {"trained": "two", "calibration": {"a": 8.0, "b": 0.2}}
    config["targets"]["net"]["more_simulators"] = ["three"]
    project.configure(config)
    assert "measure_ceilings" not in project.planned()
    config["targets"]["net"] |= {"simulator": "three", "more_simulators": []}
    project.configure(config)
    assert project.planned()["measure_ceilings"] == 3, "one of the untrained copy"


def test_a_wider_set_makes_its_p_and_remakes_the_scores_alone(project):
    config = project.config()
    config["concept_sets"]["nouns"] = {"nouns": 40}
    config["targets"]["net"]["wider_concepts"] = "nouns"
    project.configure(config)
    assert project.planned("results/net/layer4/scores.parquet") == {
        **{"make_concept_set": 1, "embed_concepts": 1, "make_pseudo_presence": 1},
        **{"find_missing_concepts": 2, "score_explanations": 1},
    }
