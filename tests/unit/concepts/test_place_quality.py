"""The quality of P at places equals scikit-learn's measures, and does not depend on blocks."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, jaccard_score, roc_auc_score

from linexp.concepts.labelled_places import LabelledPlaces, places_of, shared_concepts
from linexp.concepts.place_quality import (
    BINS,
    PlaceQuality,
    SimilarityHistogram,
    average_precisions,
    intersections_over_unions,
    roc_areas,
)
from linexp.concepts.presence import LabelPresence


def made_up(n: int, m: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Similarities like those of places, some of them tied, and where concepts are present."""
    rng = np.random.default_rng(seed)
    present = rng.random((n, m)) < np.linspace(0.05, 0.6, m)
    similarity = np.round(rng.normal(0, 0.05, (n, m)) + 0.04 * present, 3).astype(np.float32)
    return similarity, present


def binned(similarity: np.ndarray) -> np.ndarray:
    return np.floor((similarity.astype(np.float32) + 1) * (BINS / 2))


def test_areas_and_precisions_are_those_of_scikit_learn():
    similarity, present = made_up(3000)
    histogram = SimilarityHistogram(4)
    for begin in range(0, 3000, 700):
        histogram.add(similarity[begin : begin + 700], present[begin : begin + 700])
    for measure, literal in ((roc_areas, roc_auc_score), (average_precisions, average_precision_score)):
        found = measure(histogram.count)
        exactly = [literal(present[:, c], binned(similarity)[:, c]) for c in range(4)]
        np.testing.assert_allclose(found, exactly, atol=1e-12)
        np.testing.assert_allclose(found, [literal(present[:, c], similarity[:, c]) for c in range(4)], atol=2e-3)


def test_overlaps_are_those_of_scikit_learn_at_each_threshold():
    similarity, present = made_up(500)
    histogram = SimilarityHistogram(4)
    histogram.add(similarity, present)
    found = intersections_over_unions(histogram.count)
    for concept in range(4):
        for threshold in np.unique(binned(similarity)[:, concept])[::9]:
            predicted = binned(similarity)[:, concept] >= threshold
            assert found[concept, int(threshold)] == pytest.approx(jaccard_score(present[:, concept], predicted))


@pytest.fixture
def quality() -> tuple[dict, PlaceQuality]:
    """A grid of 3 × 3 over 60 images of each split, and what was gathered of them."""
    rng = np.random.default_rng(1)
    gathered, parts = PlaceQuality(["cat", "never", "sky"], 3), {}
    for split in ("train", "test"):
        shares = rng.random((540, 3)).astype(np.float32)
        shares[:, 1] = 0
        places = (0.1 * shares + rng.normal(0, 0.05, (540, 3))).astype(np.float32)
        images = shares.reshape(60, 9, 3).mean(1) / 10
        parts[split] = (places, images, shares)
        for begin in range(0, 60, 25):
            rows = slice(begin, begin + 25)
            gathered.add(split, places[9 * begin : 9 * rows.stop], images[rows], shares[9 * begin : 9 * rows.stop])
    return parts, gathered


def test_a_table_has_the_measures_of_places_beside_those_of_whole_images(quality):
    parts, gathered = quality
    table = gathered.table()
    assert table["concept"].tolist() == ["(mean)", "cat", "sky"], "without what is never present"
    for name, column in (("cat", 0), ("sky", 2)):
        row = table.set_index("concept").loc[name]
        places, images, shares = (part[:, column] for part in parts["test"])
        assert row["places"] == (shares >= 0.5).sum()
        for suffix, values in (("", places), ("_image", images.repeat(9))):
            assert row["auc" + suffix] == pytest.approx(roc_auc_score(shares >= 0.5, values), abs=2e-3)
            expected = average_precision_score(shares >= 0.5, values)
            assert row["average_precision" + suffix] == pytest.approx(expected, abs=5e-3)
    assert (table["auc"] > table["auc_image"]).all()
    assert table.loc[0, "iou"] == pytest.approx(table.loc[1:, "iou"].mean())
    assert table.loc[0, "places"] == table.loc[1:, "places"].sum()


def test_the_threshold_of_the_overlap_is_taken_from_train_images(quality):
    parts, gathered = quality
    places, _, shares = (part[:, 0] for part in parts["train"])
    scores = {t: jaccard_score(shares >= 0.5, binned(places) >= t) for t in np.unique(binned(places))}
    best = max(scores, key=scores.get)
    places, _, shares = (part[:, 0] for part in parts["test"])
    expected = jaccard_score(shares >= 0.5, binned(places) >= best)
    assert gathered.table().set_index("concept").loc["cat", "iou"] == pytest.approx(expected)


def test_places_of_images_come_with_the_pixel_labels_of_the_same_cells():
    rng = np.random.default_rng(2)
    embeddings, concepts = rng.normal(size=(700 * 4, 5)).astype(np.float16), rng.normal(size=(3, 5)).astype(np.float32)
    areas = rng.random((700 * 4, 3)).astype(np.float32)
    places = LabelledPlaces(lambda begin, end: embeddings[begin:end], concepts, LabelPresence(areas), 2)
    images = np.sort(rng.choice(700, 300, replace=False))
    rows, similarities, shares = (np.concatenate(parts) for parts in zip(*places.blocks(images), strict=True))
    assert rows.tolist() == images.tolist()
    cells = [4 * image + cell for image in images for cell in range(4)]
    assert places_of(images, 2).tolist() == cells
    np.testing.assert_array_equal(shares, areas[cells])
    np.testing.assert_allclose(similarities, embeddings[cells].astype(np.float32) @ concepts.T, rtol=1e-5)
    assert not list(places.blocks(np.array([], int)))


def test_concepts_that_both_know_are_found():
    assert shared_concepts(["b", "x", "a"], ["a", "b", "c"]) == ([0, 2], [1, 0])
