"""The numbers of the area chart: against counting images one by one, and the rule that an image counts once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linexp.figures.area_chart import MAX_AREAS, N_BINS, area_chart, owning_concept

NESTED = ["animal", "cat", "siamese", "hat", "pet"]
IMAGES = {
    "animal": {"animal"},
    "cat": {"animal", "cat", "pet"},
    "siamese": {"animal", "cat", "pet", "siamese"},
    "dog": {"animal", "pet"},
    "cat with hat": {"animal", "cat", "pet", "hat"},
    "hat": {"hat"},
    "table": set(),
}


def _owner(presence: np.ndarray, weights: np.ndarray, row: int) -> int:
    """The concept that an image counts for, looked for one by one; the number of concepts for none."""
    has = [j for j in range(len(weights)) if presence[row, j] >= 0.5]
    images = [{i for i in range(len(presence)) if presence[i, j] >= 0.5} for j in range(len(weights))]

    def is_within(narrow: int, wide: int) -> bool:
        both = len(images[narrow] & images[wide])
        return len(images[wide]) > len(images[narrow]) and both >= 0.95 * len(images[narrow])

    standing = [j for j in has if not any(is_within(other, j) for other in has)]
    assert bool(standing) == bool(has)
    return max(standing, key=lambda j: (weights[j] * presence[row, j], -j), default=len(weights))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 120), m=st.integers(0, 6), nested=st.booleans())
def test_shares_and_counts_are_those_of_counting_images_one_by_one(seed, n, m, nested):
    rng = np.random.default_rng(seed)
    activations = rng.normal(rng.uniform(-2, 2), 1, n).astype(np.float32)
    weights = np.sort(rng.normal(0.5, 1, m))[::-1]
    presence = rng.random((n, m), dtype=np.float32)
    if nested:
        presence = np.sort(presence, axis=1)[:, rng.permutation(m)]
    chart = area_chart(activations, presence, [f"c{j}" for j in range(m)], weights)
    sides = {"above": np.flatnonzero(weights > 0), "below": np.flatnonzero(weights < 0)[::-1]}
    areas = {"above": chart, "below": chart.below}
    values = activations.astype(float)
    assert chart.edges[0] == min(0.0, values.min())
    assert chart.edges[-1] == values.max()
    assert chart.counts.sum() == n
    for side, columns in sides.items():
        assert areas[side].names == [f"c{j}" for j in columns]
        assert areas[side].weights == weights[columns].tolist()
    for number in range(N_BINS):
        last = number == N_BINS - 1
        low, high = chart.edges[number], chart.edges[number + 1]
        rows = [row for row, v in enumerate(values) if low <= v < high or (last and v == high)]
        assert chart.counts[number] == len(rows)
        for side, columns in sides.items():
            shares = areas[side].shares[number]
            if not rows:
                assert np.isnan(shares).all()
                continue
            owners = [_owner(presence[:, columns], abs(weights[columns]), row) for row in rows]
            np.testing.assert_allclose(shares, [owners.count(j) / len(rows) for j in range(len(columns))])
            assert shares.sum() <= 1 + 1e-12


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("weights", [[5, 1, 1, 1, 3], [1, 2, 3, 4, 5], [1, 1, 1, 1, 1]])
def test_an_image_counts_for_the_class_and_not_for_its_superclasses(labels, weights):
    presence = np.array([[name in has for name in NESTED] for has in IMAGES.values()], np.float32)
    if not labels:
        presence = np.where(presence == 1, 0.9, 0.4)
    owners = [[*NESTED, None][owner] for owner in owning_concept(presence, np.array(weights, float))]
    found = dict(zip(IMAGES, owners, strict=True))
    # a hat is within nothing, so there the larger weight decides; cat is within pet, and pet within animal
    contested = found.pop("cat with hat")
    assert contested == ("hat" if weights[3] > weights[1] else "cat")
    expected = {"animal": "animal", "cat": "cat", "siamese": "siamese", "dog": "pet", "hat": "hat", "table": None}
    assert found == expected


def test_synonyms_share_no_image_and_the_larger_weight_has_them():
    presence = np.repeat([[1, 1], [0, 0]], 10, axis=0)
    assert (owning_concept(presence, np.array([1.0, 2.0])) == np.repeat([1, 2], 10)).all()


def test_concepts_of_negative_weight_are_below_the_largest_first_and_take_no_image_from_those_above():
    presence = np.random.default_rng(0).random((20, 5))
    weights = np.array([2.0, 1.0, 0.0, -0.5, -3.0])
    chart = area_chart(np.arange(20.0), presence, ["a", "b", "c", "d", "e"], weights)
    alone = area_chart(np.arange(20.0), presence[:, :2], ["a", "b"], weights[:2])
    assert chart.names == alone.names == ["a", "b"] and (chart.shares == alone.shares).all()
    assert chart.below.names == ["e", "d"] and chart.below.weights == [-3.0, -0.5]
    assert chart.left_out == [("c", 0.0), ("d", -0.5), ("e", -3.0)]
    assert alone.below.names == [] and alone.below.shares.shape == (N_BINS, 0)


def test_more_concepts_than_areas_share_the_last_area():
    m, activations = MAX_AREAS + 3, np.arange(500.0)
    presence, weights = np.random.default_rng(0).random((500, m)), np.linspace(3, 1, m)
    chart = area_chart(activations, presence, [f"c{j}" for j in range(m)], weights)
    assert chart.names[-1] == "4 more concepts"
    assert chart.weights[-1] is None
    assert len(chart.names) == chart.shares.shape[1] == MAX_AREAS
    rows = np.flatnonzero(activations < chart.edges[1])
    owners = [_owner(presence, weights, row) for row in rows]
    assert chart.shares[0, -1] == pytest.approx(np.mean([MAX_AREAS - 1 <= owner < m for owner in owners]))
