"""Calibration at places: shares as labels, and what is kept where similarity says nothing."""

import numpy as np
import pytest
from scipy.optimize import minimize

from linexp.concepts.calibration import calibrate, pair_histogram, rises
from linexp.concepts.place_calibration import calibrated_at_places

OF_IMAGES = {"a": 30.0, "b": -0.2, "bce": 0.1, "probe_fingerprint": "x"}


def made_up(slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Similarities of places, and the shares of cells that concepts cover: mostly none, some whole, some in part."""
    rng = np.random.default_rng(seed)
    similarity = rng.normal(0, 0.05, (3000, 6)).astype(np.float32)
    p = 1 / (1 + np.exp(-(slope * similarity - 2)))
    shares = np.where(rng.random(p.shape) < p, rng.choice([1.0, 0.4], p.shape), 0.0)
    return similarity, shares.astype(np.float32)


def test_shares_are_labels_of_the_cross_entropy():
    similarity, shares = made_up(40)

    def loss(parameters: np.ndarray) -> float:
        z = parameters[0] * similarity.astype(np.float64) + parameters[1]
        return float(np.mean(np.logaddexp(0, z) - shares * z))

    a, ab = minimize(loss, [10.0, -2.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-14}).x
    found = calibrate(pair_histogram(zip(np.split(similarity, 3), np.split(shares, 3), strict=True)))
    assert found.a == pytest.approx(a, rel=1e-4) and found.b == pytest.approx(ab / a, abs=1e-5)
    assert found.bce == pytest.approx(loss([a, ab]), abs=1e-8)
    predicted = sum(bin["count"] * bin["p"] for bin in found.reliability) / shares.size
    assert predicted == pytest.approx(shares.mean(), abs=1e-3)


def test_whole_shares_are_the_labels_that_they_are():
    similarity, shares = made_up(40)
    labels = (shares == 1).astype(np.uint8)
    whole, by_share = (pair_histogram([(similarity, kind)]) for kind in (labels, labels.astype(np.float32)))
    np.testing.assert_array_equal(whole.count, by_share.count)
    np.testing.assert_allclose(whole.similarity, by_share.similarity, atol=1e-12)


@pytest.mark.parametrize("slope", [40, 5, 0.5, -0.5, -5])
def test_similarity_rises_just_where_the_best_a_is_positive(slope):
    similarity, shares = made_up(slope, seed=3)
    pairs = pair_histogram([(similarity, shares)])
    covariance = np.cov(similarity.ravel(), shares.ravel())[0, 1]
    assert rises(pairs) == (covariance > 0)
    if rises(pairs):
        assert calibrate(pairs).a > 0


def test_nothing_rises_without_pairs_of_both_labels():
    similarity, _ = made_up(40)
    for shares in (np.zeros_like(similarity), np.ones_like(similarity)):
        assert not rises(pair_histogram([(similarity, shares)]))


def test_places_are_calibrated_on_places(capsys):
    pairs = pair_histogram([made_up(40)])
    found = calibrated_at_places(OF_IMAGES, pairs, is_given=False)
    expected = calibrate(pairs)
    assert (found["a"], found["b"], found["calibrated_on"]) == (expected.a, expected.b, "places")
    assert found["reliability"] == expected.reliability and not capsys.readouterr().err


def test_a_calibration_that_has_not_converged_is_told(capsys):
    similarity = np.array([[0.1, 0.2, 0.3, 0.4]], np.float32)
    found = calibrated_at_places(OF_IMAGES, pair_histogram([(similarity, np.float32([[0, 0, 1, 1]]))]), is_given=False)
    assert not found["converged"] and "has not converged; take more images" in capsys.readouterr().err


def test_a_model_that_sees_nothing_at_places_keeps_the_calibration_of_images(capsys):
    similarity, shares = made_up(-40)
    found = calibrated_at_places(OF_IMAGES, pair_histogram([(similarity, shares)]), is_given=False)
    reason = "similarity does not rise with presence at places"
    assert found == {"a": 30.0, "b": -0.2, "calibrated_on": "whole images", "reason": reason}
    assert capsys.readouterr().err == f"calibrated on whole images: {reason}\n"


def test_so_does_one_without_pixel_labels(capsys):
    found = calibrated_at_places(OF_IMAGES, None, is_given=False)
    assert (found["a"], found["calibrated_on"]) == (30.0, "whole images")
    assert capsys.readouterr().err == "calibrated on whole images: there are no pixel labels\n"


def test_what_the_configuration_gives_is_kept(capsys):
    found = calibrated_at_places(OF_IMAGES, None, is_given=True)
    assert found == {"a": 30.0, "b": -0.2, "calibrated_on": "given"}
    assert not capsys.readouterr().err
