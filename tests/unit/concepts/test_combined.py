"""P of several explainers is the mean of theirs, and labels and pseudo-labels together are as their sums by hand."""

import h5py
import numpy as np
import pytest

from linexp.artifacts import store
from linexp.concepts.combined import BothPresence, MeanPresence, columns_of
from linexp.concepts.presence import LabelPresence, PseudoPresence, probabilities, write_presence


def _unit(rng, n, dim):
    rows = rng.normal(size=(n, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_mean_of_explainers_has_each_calibrated_by_itself():
    rng = np.random.default_rng(0)
    kinds = [
        (_unit(rng, 30, dim), _unit(rng, 7, dim), a, b) for dim, a, b in ((5, 10.0, 0.1), (9, 3.0, -0.2), (4, 20.0, 0))
    ]
    parts = [
        PseudoPresence(lambda begin, end, images=images: images[begin:end], concepts, a, b)
        for images, concepts, a, b in kinds
    ]
    expected = np.mean([probabilities(*kind) for kind in kinds], axis=0)
    rows = np.array([3, 4, 9, 25])
    mean = MeanPresence(parts)
    np.testing.assert_allclose(mean.of(rows), expected[rows], rtol=1e-5)
    np.testing.assert_allclose(mean.only(np.array([6, 1])).of(rows), expected[rows][:, [6, 1]], rtol=1e-5)
    assert mean.of(rows).dtype == np.float32


def test_the_mean_does_not_change_what_it_is_made_of():
    labels = np.ones((4, 2), np.float32)
    MeanPresence([LabelPresence(labels), LabelPresence(3 * labels)]).of(np.arange(4))
    assert (labels == 1).all()


@pytest.mark.parametrize("weight", [0.5, 0.2])
@pytest.mark.parametrize("threads", [1, 3])
def test_labels_and_pseudo_labels_are_averaged_where_a_concept_has_both(tmp_path, monkeypatch, weight, threads):
    monkeypatch.setattr(store, "ROWS_PER_BLOCK", 16)
    rng = np.random.default_rng(1)
    labels = (rng.random((70, 3)) < 0.4).astype(np.float32)
    pseudo = rng.random((70, 4)).astype(np.float32)
    concepts, *columns = columns_of(["dog", "cat", "pet"], ["snow", "cat", "dog", "grass"])
    assert concepts == ["dog", "cat", "pet", "snow", "grass"]
    both = BothPresence(lambda i, j: labels[i:j], lambda i, j: pseudo[i:j], *columns, weight)
    assert both.averaged().tolist() == [True, True, False, False, False]
    expected = np.column_stack(
        [
            weight * labels[:, 0] + (1 - weight) * pseudo[:, 2],
            weight * labels[:, 1] + (1 - weight) * pseudo[:, 1],
            labels[:, 2],
            pseudo[:, 0],
            pseudo[:, 3],
        ]
    )
    with h5py.File(tmp_path / "P.h5", "w") as file:
        write_presence(file, both, concepts, np.arange(0, 70, 2), 70, 0.0, threads)
        np.testing.assert_allclose(file["P"][...], expected, rtol=1e-6)
        np.testing.assert_allclose(file["std"][...], expected[::2].std(axis=0), rtol=1e-5)
        assert file["concepts"].asstr()[...].tolist() == concepts and file["kept"][...].all()
    some = both.only(np.array([4, 0]))
    np.testing.assert_allclose(some.of(np.arange(10, 20)), expected[10:20][:, [4, 0]], rtol=1e-6)
    assert some.averaged().tolist() == [False, True]


def test_labels_and_pseudo_labels_without_a_common_concept_lie_beside_each_other():
    concepts, *columns = columns_of(["dog"], ["snow"])
    both = BothPresence(lambda i, j: np.full((j - i, 1), 1.0), lambda i, j: np.full((j - i, 1), 0.3), *columns, 0.5)
    assert concepts == ["dog", "snow"] and not both.averaged().any()
    np.testing.assert_allclose(both.of(np.array([2, 3])), [[1, 0.3]] * 2, rtol=1e-6)
