"""Calibration on a histogram of pairs equals the direct optimisation over all pairs (Eq. 5)."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from helpers.literal import literal_calibration
from linexp.concepts.calibration import Calibration, calibrate, pair_histogram, similarity_blocks, usable_concepts
from linexp.errors import LinexpError


def _pairs(seed: int, n: int, m: int, a: float, b: float, dtype=np.float32):
    """Similarities like SigLIP's, around 0, and labels that are drawn from σ(a·similarity + a·b)."""
    rng = np.random.default_rng(seed)
    similarity = (rng.normal(0.0, 0.05, (n, m)) + rng.normal(0, 0.02, (1, m))).astype(dtype)
    p = 1 / (1 + np.exp(-a * (similarity.astype(np.float64) + b)))
    return similarity, (rng.random((n, m)) < p).astype(np.uint8)


def _predicted(similarity: np.ndarray, result: Calibration) -> np.ndarray:
    return 1 / (1 + np.exp(-result.a * (similarity.astype(np.float64) + result.b)))


@pytest.fixture(scope="module")
def pairs() -> tuple[np.ndarray, np.ndarray]:
    return _pairs(0, 3000, 20, 40.0, -0.08)


@pytest.fixture(scope="module")
def calibration(pairs) -> Calibration:
    return calibrate(pair_histogram([pairs]))


def test_a_and_b_are_those_of_a_direct_optimisation(pairs, calibration):
    a, b, bce = literal_calibration(*pairs)
    assert calibration.a == pytest.approx(a, rel=1e-5)
    assert calibration.b == pytest.approx(b, abs=1e-6)
    assert calibration.bce == pytest.approx(bce, abs=1e-8)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_and_b_are_exact_within_a_ten_thousandth_for_a_steep_curve_in_a_narrow_range_like_siglips(seed):
    rng = np.random.default_rng(seed)
    similarity = np.clip(rng.normal(0.0, 0.03, (20_000, 20)) + 0.15 * (rng.random((20_000, 20)) < 0.03), -0.1, 0.2)
    similarity = similarity.astype(np.float32)
    p = 1 / (1 + np.exp(-117.3 * (similarity.astype(np.float64) - 0.11)))
    labels = (rng.random(p.shape) < p).astype(np.uint8)
    direct = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000, solver="newton-cholesky")
    direct.fit(100 * similarity.reshape(-1, 1).astype(np.float64), labels.ravel())
    a = 100 * direct.coef_[0, 0]
    result = calibrate(pair_histogram(zip(np.split(similarity, 5), np.split(labels, 5), strict=True)))
    assert result.a == pytest.approx(a, abs=1e-4)
    assert result.b == pytest.approx(direct.intercept_[0] / a, abs=1e-7)
    assert (result.a, result.b) == (pytest.approx(117.3, rel=0.05), pytest.approx(-0.11, abs=0.002))


def test_a_and_b_are_near_those_that_the_labels_were_drawn_from(calibration):
    assert calibration.a == pytest.approx(40, rel=0.03)
    assert calibration.b == pytest.approx(-0.08, abs=0.002)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(20, 300),
    a=st.floats(5, 120),
    b=st.floats(-0.15, 0.05),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_a_and_b_are_those_of_a_direct_optimisation_for_any_model(seed, n, a, b, dtype):
    similarity, labels = _pairs(seed, n, 8, a, b, dtype)
    assume(20 < labels.sum() < labels.size - 20)  # few positives may be separable, and then a is infinite
    literal_a, literal_b, bce = literal_calibration(similarity, labels)
    assume(literal_a > 1)
    result = calibrate(pair_histogram([(similarity, labels)]))
    assert result.a == pytest.approx(literal_a, rel=1e-4)
    assert result.b == pytest.approx(literal_b, abs=1e-4)
    assert result.bce == pytest.approx(bce, abs=1e-6)


def test_the_losses_are_mean_cross_entropies_in_nats(pairs, calibration):
    similarity, labels = pairs
    truth = labels.ravel().astype(int)
    assert calibration.bce == pytest.approx(log_loss(truth, _predicted(similarity, calibration).ravel()), abs=1e-7)
    rate = np.full(truth.shape, truth.mean())
    assert calibration.bce_base_rate == pytest.approx(log_loss(truth, rate), rel=1e-12)
    assert calibration.bce < calibration.bce_base_rate


def test_the_mean_probability_is_the_share_of_positives(pairs, calibration):
    similarity, labels = pairs
    assert _predicted(similarity, calibration).mean() == pytest.approx(labels.mean(), rel=1e-5)


@pytest.mark.parametrize("rows", [1, 17, 256])
def test_the_size_of_the_blocks_does_not_matter(rows):
    similarity, labels = _pairs(5, 256, 20, 40.0, -0.08)
    blocks = ((similarity[i : i + rows], labels[i : i + rows]) for i in range(0, 256, rows))
    whole, parts = calibrate(pair_histogram([(similarity, labels)])), calibrate(pair_histogram(blocks))
    assert (parts.a, parts.b) == (pytest.approx(whole.a, rel=1e-8), pytest.approx(whole.b, rel=1e-8))
    assert (parts.bce, parts.bce_base_rate) == (pytest.approx(whole.bce), pytest.approx(whole.bce_base_rate))
    assert parts.reliability == [pytest.approx(row, rel=1e-7) for row in whole.reliability]


def test_similarities_come_with_the_labels_of_their_images():
    rng = np.random.default_rng(1)
    images, concepts = rng.normal(size=(50, 6)), rng.normal(size=(4, 6))
    labels = rng.integers(0, 2, (50, 4))
    parts = [slice(begin, begin + 16) for begin in range(0, 50, 16)]
    blocks = list(similarity_blocks((images[part] for part in parts), concepts, (labels[part] for part in parts)))
    assert [len(block) for block, _ in blocks] == [16, 16, 16, 2]
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), labels)
    expected = [[sum(image * concept) for concept in concepts] for image in images]
    np.testing.assert_allclose(np.concatenate([block for block, _ in blocks]), expected, atol=1e-12)


def test_the_histogram_counts_every_pair_once_and_keeps_the_mean_similarity_by_label(pairs):
    similarity, labels = pairs
    histogram = pair_histogram([pairs])
    for label in (0, 1):
        inside = similarity[labels == label].astype(np.float64)
        assert histogram.count[label].sum() == len(inside)
        mean = (histogram.count[label] * histogram.similarity[label]).sum() / len(inside)
        assert mean == pytest.approx(inside.mean(), abs=1e-12)


def test_similarities_of_exactly_plus_and_minus_one_are_counted():
    similarity, labels = np.array([[1.0, -1.0, 1.0000001, -1.0000001]], np.float32), np.array([[1, 0, 0, 1]])
    histogram = pair_histogram([(similarity, labels)])
    assert histogram.count.sum(axis=1).tolist() == [2, 2]
    assert histogram.count[:, 0].tolist() == [1, 1] and histogram.count[:, -1].tolist() == [1, 1]


def test_the_reliability_table_has_every_pair_once_in_its_bin(pairs, calibration):
    similarity, labels = pairs
    predicted, truth = _predicted(similarity, calibration).ravel(), labels.ravel()
    table = calibration.reliability
    assert sum(row["count"] for row in table) == truth.size
    edges = np.linspace(0, 1, 16)
    expected = []
    for low, high in pairwise(edges):
        inside = (predicted >= low) & (predicted < high)
        if inside.any():
            expected.append((inside.sum(), predicted[inside].mean(), truth[inside].mean()))
    assert len(table) == len(expected) > 10
    for row, (count, p, observed) in zip(table, expected, strict=True):
        assert row["count"] == pytest.approx(count, abs=15)  # pairs of one histogram bin stay together
        assert row["p"] == pytest.approx(p, abs=1e-3)
        assert row["observed"] == pytest.approx(observed, abs=0.01)


def test_predicted_and_observed_shares_agree_where_the_model_is_right(calibration):
    for row in calibration.reliability:
        assert row["observed"] == pytest.approx(row["p"], abs=5 * 0.5 / np.sqrt(row["count"]))


@pytest.mark.parametrize("label", [0, 1])
def test_labels_that_are_all_equal_are_an_error(label):
    similarity, _ = _pairs(3, 10, 4, 30, 0)
    with pytest.raises(LinexpError, match="all labels are equal"):
        calibrate(pair_histogram([(similarity, np.full(similarity.shape, label))]))


def test_a_model_that_gets_it_the_wrong_way_round_is_an_error(pairs):
    similarity, labels = pairs
    with pytest.raises(LinexpError, match="not more similar"):
        calibrate(pair_histogram([(-similarity, labels)]))


@pytest.mark.parametrize("similarity", [0.5, 0.3])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_similarities_that_are_all_equal_are_an_error(similarity):
    labels = np.eye(10, 4, dtype=np.uint8)
    with pytest.raises(LinexpError):
        calibrate(pair_histogram([(np.full(labels.shape, similarity), labels)]))


def test_labels_that_similarity_tells_apart_completely_give_finite_parameters_that_have_not_converged():
    labels = np.eye(10, 4, dtype=np.uint8)
    rng = np.random.default_rng(4)
    similarity = np.where(labels == 1, 0.4, 0.1) + 0.01 * rng.random(labels.shape)
    result = calibrate(pair_histogram([(similarity, labels)]))
    assert np.isfinite([result.a, result.b]).all()
    assert result.bce < 1e-6
    assert np.all((_predicted(similarity, result) > 0.5) == labels)
    assert not result.converged


def test_too_few_steps_have_not_converged(pairs, calibration):
    histogram = pair_histogram([pairs])
    assert calibration.converged
    assert not calibrate(histogram, max_steps=1).converged


def test_superclasses_that_cover_more_than_30_percent_of_the_classes_are_left_out():
    origins = ["class", "class", "superclass", "superclass", "superclass", "label"]
    covered = np.array([1, 50, 30, 31, 29, 90])
    assert usable_concepts(origins, covered, 100).tolist() == [True, True, True, False, True, True]
    assert usable_concepts(["superclass"] * 3, np.array([300, 301, 299]), 1000).tolist() == [
        True,
        False,
        True,
    ]
