"""What is known of concepts, against scikit-learn and cosines one by one."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from linexp.artifacts import store
from linexp.explanations import Explanation
from linexp.explorer.known_concepts import LEAST_COSINE, RELATED, concept_facts, related, well_known
from linexp.explorer.layer import Explained, LayerFiles


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def model(tmp_path):
    """Embeddings of 300 images and of 50 concepts, and labels that go with similarity."""
    rng = np.random.default_rng(0)
    images, texts = unit(rng.normal(size=(300, 8))), unit(rng.normal(size=(50, 8)))
    images[1::3] = images[::3]  # equal similarities
    names = [f"concept {number}" for number in range(50)]
    made = store.Provenance("test", {}, "f")
    store.write_arrays(tmp_path / "images.h5", made, {"embeddings": images})
    store.write_arrays(tmp_path / "concepts.h5", made, {"embeddings": texts, "concepts": names})
    labels = images @ texts.T + rng.normal(scale=0.3, size=(300, 50)) > 0.3
    labels[:, 7], labels[:, 9] = True, False
    in_file = ["a label without a page", *names]
    matrix = np.column_stack([labels[:, 0], labels]).astype(np.uint8)
    store.write_arrays(tmp_path / "labels.h5", made, {"labels": matrix, "concepts": in_file})
    return tmp_path, images, texts, names, labels


def files_of(folder, **given) -> LayerFiles:
    others = dict.fromkeys(("index", "activations", "scores", "summary", "comparison", "sanity"), "")
    others |= dict.fromkeys(("embeddings", "calibration"), "")
    others |= dict.fromkeys(("outputs", "head", "effects", "labels"))
    by_method = {name: {} for name in ("explanations", "simulations", "concepts", "presence", "stability")}
    no_models = dict.fromkeys(("calibrations", "known_images", "known_concepts", "figures"), ())
    return LayerFiles(**others | by_method | no_models | given)


def test_auc_and_average_precision_are_those_of_scikit_learn(model):
    folder, images, texts, names, labels = model
    chosen = [name for number, name in enumerate(names) if number not in (7, 9)][::-1]
    columns = [names.index(name) for name in chosen]
    found = well_known(folder / "images.h5", folder / "concepts.h5", chosen, labels[:, columns].T)
    similarity = images @ texts[columns].T
    for k, column in enumerate(columns):
        assert found[k, 0] == pytest.approx(roc_auc_score(labels[:, column], similarity[:, k]), abs=1e-9)
        assert found[k, 1] == pytest.approx(average_precision_score(labels[:, column], similarity[:, k]), abs=1e-9)
    assert found[:, 0].min() > 0.55


def test_facts_are_of_the_labels_that_some_images_have_and_some_lack(model):
    folder, _, texts, names, labels = model
    explained = Explained(np.array([0]), {"le": [Explanation(0, names[:20], [1.0] * 20)]}, ["le"], np.array([False]))
    here = files_of(
        folder,
        labels=folder / "labels.h5",
        known_images=[folder / "images.h5"] * 2,
        known_concepts=[folder / "concepts.h5"] * 2,
    )
    shipped = names[::-1]
    facts = concept_facts(here, explained, shipped, texts[::-1], [("one", "explainer"), ("two", "simulator")])
    assert {shipped[number] for number in facts["known"]} == set(names) - {"concept 7", "concept 9"}
    assert facts["labelled_images"] == 300 and facts["models"] == [["one", "explainer"], ["two", "simulator"]]
    for number, (positives, one, two) in facts["known"].items():
        column = names.index(shipped[number])
        assert positives == labels[:, column].sum() and one == two and len(one) == 2
    used = {shipped.index(name) for name in names[:20]}
    assert all(other in used for pairs in facts["related"] for other, _ in pairs)


def test_without_labels_nothing_is_said_of_them(model):
    folder, _, texts, names, _ = model
    explained = Explained(np.array([0]), {"le": [Explanation(0, names[:2], [1.0, 2.0])]}, ["le"], np.array([False]))
    facts = concept_facts(files_of(folder), explained, names, texts, [("one", "simulator")])
    assert facts["known"] == {} and facts["labelled_images"] == 0 and len(facts["related"]) == 50


def test_related_concepts_are_the_nearest_by_cosines_about_the_mean():
    rng = np.random.default_rng(1)
    texts = unit(rng.normal(size=(30, 4)) + 3)
    among = np.arange(0, 30, 2)
    found = related(texts, among)
    about = texts.astype(float) - texts.mean(axis=0, dtype=float)
    for number, pairs in enumerate(found):
        cosines = {
            int(other): float(
                about[other] @ about[number] / np.linalg.norm(about[other]) / np.linalg.norm(about[number])
            )
            for other in among
            if other != number
        }
        nearest = sorted(cosines, key=lambda other: -cosines[other])[:RELATED]
        expected = [(other, pytest.approx(cosines[other])) for other in nearest if cosines[other] >= LEAST_COSINE]
        assert pairs == expected
    assert max(map(len, found)) == RELATED
