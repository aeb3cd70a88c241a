"""P of an image-text model, and the concepts that the filter keeps."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.literal import literal_probability
from helpers.summed import concept_statistics
from linexp.artifacts import store
from linexp.concepts.presence import LabelPresence, PseudoPresence, filter_text, probabilities, write_presence
from linexp.errors import LinexpError


def _unit(rng: np.random.Generator, n: int, dim: int = 8, dtype=np.float64) -> np.ndarray:
    values = rng.normal(size=(n, dim))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(dtype)


@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-13), (np.float32, 1e-5)])
@pytest.mark.parametrize("a, b", [(58.0, -0.25), (110.0, -0.12), (1.0, 0.5)])
def test_probabilities_are_equation_8(dtype, tolerance, a, b):
    rng = np.random.default_rng(0)
    images, concepts = _unit(rng, 20, dtype=dtype), _unit(rng, 7, dtype=dtype)
    p = probabilities(images, concepts, a, b)
    expected = [[literal_probability(image, concept, a, b) for concept in concepts] for image in images]
    np.testing.assert_allclose(p, expected, atol=tolerance)
    assert p.dtype == dtype and p.shape == (20, 7)
    assert np.ptp(p) > 0.3


def test_probabilities_of_large_logits_neither_overflow_nor_leave_0_to_1():
    images = np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32)
    with np.errstate(all="raise", under="ignore"):
        p = probabilities(images, images[:1], 500.0, 0.0)
    np.testing.assert_array_equal(p, [[1], [0]])


def _literal_statistics(p: np.ndarray) -> tuple[list, list, list]:
    mean, std, top = [], [], []
    for column in p.astype(np.float64).T:
        mean.append(sum(column) / len(column))
        std.append((sum((value - mean[-1]) ** 2 for value in column) / len(column)) ** 0.5)
        highest = sorted(column, reverse=True)[:5]
        top.append(sum(highest) / len(highest))
    return mean, std, top


@settings(max_examples=80, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    m=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float32, np.float64, np.uint8]),
)
def test_statistics_of_blocks_of_any_size_are_those_of_the_whole_matrix(sizes, m, seed, dtype):
    rng = np.random.default_rng(seed)
    p = (rng.random((sum(sizes), m)) * (2 if dtype is np.uint8 else 1)).astype(dtype)
    statistics = concept_statistics(iter(np.split(p, np.cumsum(sizes)[:-1])))
    mean, std, top = _literal_statistics(p)
    np.testing.assert_allclose(statistics.mean, mean, atol=1e-12)
    np.testing.assert_allclose(statistics.std, std, atol=1e-7)
    np.testing.assert_allclose(statistics.top_mean, top, atol=1e-12)


@pytest.mark.parametrize("rows", [1, 2, 4, 5, 6])
def test_the_top_mean_is_over_five_images_or_all_where_there_are_fewer(rows):
    p = np.arange(1.0, rows + 1)[:, None] / 10
    expected = np.mean(sorted(p[:, 0])[-5:])
    assert concept_statistics([p]).top_mean[0] == pytest.approx(expected)
    assert concept_statistics(list(p[:, None])).top_mean[0] == pytest.approx(expected)


def test_a_small_standard_deviation_beside_a_large_mean_is_exact():
    rng = np.random.default_rng(1)
    p = (0.9 + 1e-5 * rng.normal(size=(20_000, 3))).astype(np.float32)
    statistics = concept_statistics(np.array_split(p, 9))
    np.testing.assert_allclose(statistics.std, p.std(axis=0, dtype=np.float64), rtol=1e-8)


def test_the_filter_keeps_concepts_that_some_images_clearly_have_and_not_all_alike():
    varied = np.linspace(0, 1, 100)
    p = np.column_stack(
        [
            varied,
            0.5 * varied,  # no image has it clearly
            np.where(np.arange(100) < 5, 0.5, 0.0),  # just enough do
            np.where(np.arange(100) < 4, 0.5, 0.0),  # one image too few
            np.full(100, 0.9),  # all have it
            0.9 + 2e-5 * (np.arange(100) % 2 - 0.5) * 1.01,
            0.9 + 2e-5 * (np.arange(100) % 2 - 0.5) * 0.99,
        ]
    )
    statistics = concept_statistics([p])
    assert statistics.kept(0.5).tolist() == [True, False, True, False, False, True, False]
    assert statistics.kept(0.0).tolist() == [True, True, True, True, False, True, False]


def _write(path, p: np.ndarray, fitting_rows: np.ndarray, min_top_mean: float = 0.5):
    names = [f"concept {j}" for j in range(p.shape[1])]
    with h5py.File(path, "w") as file:
        write_presence(file, LabelPresence(p), names, fitting_rows, len(p), min_top_mean)
    with h5py.File(path) as file:
        return {
            name: data.asstr()[...].tolist() if h5py.check_string_dtype(data.dtype) else data[...]
            for name, data in file.items()
        }


def test_the_filter_looks_at_the_fitting_rows_and_all_rows_are_written(tmp_path):
    p = np.random.default_rng(2).random((60, 5)).astype(np.float32)
    p[:, 1] *= 0.3
    p[:40, 3] *= 0.3  # only images outside the fitting rows have it
    p[40:, 4] *= 0.3  # and only the fitting rows have this one
    written = _write(tmp_path / "P.h5", p, np.arange(40))
    assert written["kept"].tolist() == [True, False, True, False, True]
    assert written["concepts"] == ["concept 0", "concept 2", "concept 4"]
    assert written["all_concepts"] == [f"concept {j}" for j in range(5)]
    np.testing.assert_array_equal(written["P"], p[:, [0, 2, 4]])
    mean, std, top = _literal_statistics(p[:40])
    np.testing.assert_allclose(written["mean"], mean, rtol=1e-10)
    np.testing.assert_allclose(written["std"], std, rtol=1e-8)
    np.testing.assert_allclose(written["top_mean"], top, rtol=1e-10)


@pytest.mark.parametrize("rows_per_block", [3, 7, 20, 1000])
@pytest.mark.parametrize("min_top_mean", [0.0, 0.5])
def test_the_filter_is_the_same_whatever_the_size_of_the_blocks(tmp_path, monkeypatch, rows_per_block, min_top_mean):
    monkeypatch.setattr(store, "ROWS_PER_BLOCK", rows_per_block)
    rng = np.random.default_rng(3)
    p = (rng.random((70, 40)) * rng.uniform(0.3, 0.7, 40)).astype(np.float32)
    p[:, 7] = 0.6
    p[:50, 8], p[50:, 8] = 0.6, 0.7  # varies, but late
    p[:, 9] = 0.0
    p[65:, 9] = 0.9  # high, but late
    p[:, 10], p[:3, 10] = 0.9, 0.90004  # varies enough in the first rows, too little over all
    fitting_rows = np.flatnonzero(rng.random(70) < 0.8)
    written = _write(tmp_path / "P.h5", p, fitting_rows, min_top_mean)
    mean, std, top = (np.array(values) for values in _literal_statistics(p[fitting_rows]))
    kept = (top >= min_top_mean) & (std >= 1e-5)
    assert 5 < kept.sum() < 40
    np.testing.assert_array_equal(written["kept"], kept)
    np.testing.assert_array_equal(written["P"], p[:, kept])
    for name, expected in (("mean", mean), ("std", std), ("top_mean", top)):
        np.testing.assert_allclose(written[name], expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("n_concepts", [1, 37, 300])
def test_what_is_written_does_not_depend_on_the_threads(tmp_path, monkeypatch, n_concepts):
    monkeypatch.setattr(store, "ROWS_PER_BLOCK", 96)
    rng = np.random.default_rng(4)
    images, concepts = _unit(rng, 2000, 48, np.float32), _unit(rng, n_concepts, 48, np.float32)
    concepts[::3] *= np.float32(0.3)  # never clearly present
    pseudo = PseudoPresence(lambda begin, end: images[begin:end], concepts, 30.0, -0.3)
    written = []
    for threads in (1, 2, 7):
        names = [f"concept {j}" for j in range(n_concepts)]
        with h5py.File(tmp_path / f"{threads}.h5", "w") as file:
            write_presence(file, pseudo, names, np.arange(1500), len(images), 0.5 if n_concepts > 1 else 0.0, threads)
            written.append({name: data[...].tobytes() for name, data in file.items() if data.dtype != object})
    assert len(written[0]) == 5
    assert written[0] == written[1] == written[2]


def test_no_concept_that_passes_is_an_error(tmp_path):
    with pytest.raises(
        LinexpError, match=r"none of 4 concepts .* or lower min_presence \(0 of 4 kept: top-5 mean ≥ 0.5; next"
    ):
        _write(tmp_path / "P.h5", np.full((30, 4), 0.2, np.float32), np.arange(30))


def test_the_log_says_what_the_filter_keeps_and_what_would_be_next(tmp_path, capsys):
    p = np.random.default_rng(0).random((40, 6)) * np.array([1, 0.3, 0.99, 0.45, 0.1, 0.98])
    _write(tmp_path / "P.h5", p.astype(np.float32), np.arange(30))
    top = np.sort(p[:30], axis=0)[-5:].mean(0)
    following = ", ".join(f"concept {j} {top[j]:.2f}" for j in (3, 1, 4))
    assert capsys.readouterr().err == f"concepts: 3 of 6 kept: top-5 mean ≥ 0.5; next: {following}\n"
    _write(tmp_path / "all.h5", p.astype(np.float32), np.arange(30), 0.0)
    assert capsys.readouterr().err == "concepts: 6 of 6 kept: they vary\n"


def test_at_most_five_concepts_are_named_as_next():
    text = filter_text([f"word {n}" for n in range(1_200)], np.arange(1_200) < 7, np.linspace(1, 0, 1_200), 0.3)
    assert text.startswith("7 of 1,200 kept: top-5 mean ≥ 0.3; next: word 7 0.99, word 8 ") and text.count(",") == 5
