"""What concepts cover of cells is what their pixels say, and P of areas is read from it as it is asked for."""

import numpy as np
import pytest

from helpers.dissected import GivenLabels
from linexp.artifacts import store
from linexp.concepts.areas import open_areas
from linexp.probes.areas import measure_areas
from linexp.probes.masks import ImageMasks

N, SIZES = 9, [(12, 16), (20, 10)]
BOXES = np.array([[0, 0, 1, 1], [0.25, 0, 0.75, 1], [0.1, 0.2, 0.7, 0.95]])


@pytest.fixture(scope="module")
def labels() -> GivenLabels:
    """Random masks of five concepts, of which two have one name in different categories."""
    rng = np.random.default_rng(0)
    images = []
    for row in range(N):
        there = rng.permutation(5)[: rng.integers(0 if row % 3 else 1, 5)]
        images.append(ImageMasks(there, rng.random((len(there), *SIZES[row % 2])) < 0.3, frozenset({"object"})))
    return GivenLabels(["sky", "wood", "dog", "wood", "cat"], ["o", "o", "o", "material", "o"], images)


def literal(labels: GivenLabels, rows: np.ndarray, boxes: np.ndarray, grid: int, finer: int = 40) -> np.ndarray:
    """(n · grid², 4) the shares of points in each cell that a concept covers."""
    names = ["sky", "wood", "dog", "cat"]
    found = np.zeros((len(rows), grid, grid, len(names)))
    for place, (row, (left, top, right, bottom)) in enumerate(zip(rows, boxes, strict=True)):
        image = labels.images[row]
        height, width = image.masks.shape[1:]
        x, y = ((np.arange(grid * finer) + 0.5) / (grid * finer) for _ in range(2))
        across = np.floor((left + (right - left) * x) * width).astype(int)
        down = np.floor((top + (bottom - top) * y) * height).astype(int)
        for column, name in enumerate(names):
            some = [image.masks[k] for k, concept in enumerate(image.concepts) if labels.concepts[concept] == name]
            covered = np.any(some, axis=0) if some else np.zeros((height, width), bool)
            cut = covered[down][:, across].reshape(grid, finer, grid, finer)
            found[place, :, :, column] = cut.mean(axis=(1, 3))
    return found.reshape(-1, len(names))


@pytest.mark.parametrize("grid", [1, 4])
@pytest.mark.parametrize("threads", [1, 3])
def test_areas_are_the_shares_of_pixels_in_each_cell(labels, grid, threads, tmp_path):
    rows = np.array([0, 2, 3, 4, 5, 7, 8])
    boxes = BOXES[np.arange(len(rows)) % 3]
    measured = measure_areas(labels, rows, boxes, grid, threads)
    store.write_arrays(tmp_path / "areas.h5", store.Provenance("measure_areas", {}, "probe"), vars(measured))
    with open_areas(tmp_path / "areas.h5") as presence:
        n = len(rows) * grid**2
        assert measured.concepts == ["sky", "wood", "dog", "cat"] and len(presence) == n
        p = presence.of(np.arange(n))
        assert p.shape == (n, 4) and p.dtype == np.float32
        np.testing.assert_allclose(p, literal(labels, rows, boxes, grid), atol=0.05 if grid == 1 else 0.09)
        some = np.array([1, 2, n - 1])
        np.testing.assert_array_equal(presence.of(some), p[some])
        np.testing.assert_array_equal(presence.only([3, 0]).of(some), p[some][:, [3, 0]])
        np.testing.assert_array_equal(presence.only([3, 0, 1]).only([2, 0]).of(some), p[some][:, [1, 3]])


def test_cells_of_whole_pixels_are_exact(labels):
    whole = np.tile(BOXES[0], (N, 1))
    measured = measure_areas(labels, np.arange(N), whole, 2)
    exact = literal(labels, np.arange(N), whole, 2, finer=20 * 16)
    dense = np.zeros_like(exact)
    for row, (begin, end) in enumerate(zip(measured.begins, measured.begins[1:], strict=False)):
        dense[row, measured.columns[begin:end]] = measured.shares[begin:end]
    np.testing.assert_allclose(dense, exact, atol=0.002)
    assert (measured.shares > 0).all()
