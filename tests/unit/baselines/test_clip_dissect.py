"""Each similarity function of CLIP-Dissect equals its definition in plain loops, and its best concept explains."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine

from helpers.literal import literal_soft_wpmi
from linexp.baselines import Evidence, clip_dissect

PROBES = {
    "seed": st.integers(0, 2**32 - 1),
    "n": st.integers(1, 25),
    "m": st.integers(1, 6),
    "n_neurons": st.integers(1, 4),
}
SCHEMA_DEFAULTS = {"top_images": 100, "softmax_scale": 10, "prior": 1, "p_start": 0.998, "p_end": 0.97}


def explain(similarity, activations, neurons, concepts, settings):
    """The best concepts where the embeddings of images are their similarities to the concepts."""
    return clip_dissect.explain(Evidence(neurons, activations, similarity, concepts, np.eye(len(concepts))), **settings)


def of_arrays(function):
    """A similarity function of similarities, (n, m), and activations."""
    return lambda similarity, activations, **settings: function(
        Evidence(np.arange(activations.shape[1]), activations, similarity, [], np.eye(similarity.shape[1])), **settings
    )


SIMILARITIES = {name: of_arrays(function) for name, function in clip_dissect.SIMILARITIES.items()}
soft_wpmi, wpmi, rank_reorder, cos_cubed = SIMILARITIES.values()
each_similarity = pytest.mark.parametrize("name", SIMILARITIES)


def literal_wpmi(similarity, activations, top, scale, prior) -> np.ndarray:
    """WPMI with plain loops: log Π P(t|x) − prior·log p(t)."""
    (n, m), n_neurons = similarity.shape, activations.shape[1]
    given = [[0.0] * m for _ in range(n_neurons)]
    for k in range(n_neurons):
        for i in sorted(range(n), key=lambda i: (-activations[i, k], i))[:top]:
            total = math.fsum(math.exp(scale * s) for s in similarity[i])
            for t in range(m):
                given[k][t] += math.log(math.exp(scale * similarity[i, t]) / total + 1e-7)
    overall = [math.log(math.fsum(math.exp(row[t]) for row in given) / n_neurons) for t in range(m)]
    return np.array([[row[t] - prior * overall[t] for t in range(m)] for row in given])


def literal_rank_reorder(similarity, activations, fraction, exponent, similarity_exponent) -> np.ndarray:
    """Rank reorder with plain loops: the i-th most similar image is given the i-th highest activation."""
    (n, m), n_neurons = similarity.shape, activations.shape[1]
    scores = np.empty((n_neurons, m))
    for k in range(n_neurons):
        active = sorted(range(n), key=lambda i: (-activations[i, k], i))[: max(2, int(fraction * n))]
        for t in range(m):
            similar = sorted(active, key=lambda i: (similarity[i, t], i), reverse=True)
            errors = [
                abs(float(activations[high, k]) - float(activations[image, k])) ** exponent
                for high, image in zip(active, similar, strict=True)
            ]
            mean = max(math.fsum(similarity[i, t] for i in active) / len(active), 1e-3)
            scores[k, t] = -math.fsum(errors) / len(active) / mean**similarity_exponent
    return scores


def literal_cos_cubed(similarity, activations) -> np.ndarray:
    """The cosine of cubes with plain loops, of columns with mean 0 and standard deviation 1; 0 of a constant one."""

    def cubes(column):
        column = [float(value) for value in column]
        mean = math.fsum(column) / len(column)
        std = math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))
        return [((value - mean) / std) ** 3 for value in column] if len(set(column)) > 1 else [0.0] * len(column)

    def cosine_of(x, y):
        product = math.fsum(a * b for a, b in zip(x, y, strict=True))
        return product / (math.hypot(*x) * math.hypot(*y)) if any(x) and any(y) else 0.0

    concepts = [cubes(column) for column in similarity.T]
    return np.array([[cosine_of(cubes(neuron), concept) for concept in concepts] for neuron in activations.T])


def _images(seed: int, n: int, m: int, n_neurons: int, dtype=np.float64):
    """Similarities and activations, both rounded so that there are ties, and constant columns with few images."""
    rng = np.random.default_rng(seed)
    similarity = np.round(rng.uniform(-0.3, 0.6, (n, m)), 2).astype(dtype)
    return similarity, np.round(rng.normal(size=(n, n_neurons)), 1).astype(dtype)


@settings(max_examples=25, deadline=None)
@given(
    **PROBES,
    top=st.sampled_from([1, 5, 40]),
    scale=st.sampled_from([1.0, 10.0, 50.0]),
    prior=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_soft_wpmi_and_wpmi_are_their_definitions(seed, n, m, n_neurons, top, scale, prior):
    images = _images(seed, n, m, n_neurons)
    same = {"top_images": top, "softmax_scale": scale, "prior": prior}
    soft = literal_soft_wpmi(*images, top, scale, prior, 0.9, 0.6)
    np.testing.assert_allclose(soft_wpmi(*images, **same, p_start=0.9, p_end=0.6), soft, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(wpmi(*images, **same), literal_wpmi(*images, top, scale, prior), rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    **PROBES,
    fraction=st.sampled_from([0.05, 0.3, 1.0]),
    exponent=st.sampled_from([1.0, 2.5, 3.0]),
    similarity_exponent=st.sampled_from([0.0, 0.5, 2.0]),
)
def test_rank_reorder_and_cos_cubed_are_their_definitions(
    seed, n, m, n_neurons, fraction, exponent, similarity_exponent
):
    images = _images(seed, n, m, n_neurons)
    np.testing.assert_allclose(
        rank_reorder(*images, top_fraction=fraction, exponent=exponent, similarity_exponent=similarity_exponent),
        literal_rank_reorder(*images, fraction, exponent, similarity_exponent),
        rtol=1e-9,
        atol=1e-12,
    )
    np.testing.assert_allclose(cos_cubed(*images), literal_cos_cubed(*images), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_defaults_are_those_of_the_publication(dtype):
    images = _images(0, 130, 5, 3, dtype)
    exact = tuple(array.astype(np.float64) for array in images)
    for score, expected in (
        (soft_wpmi, literal_soft_wpmi(*exact, top=100, scale=10, prior=1, p_start=0.998, p_end=0.97)),
        (wpmi, literal_wpmi(*exact, top=28, scale=2, prior=0.6)),
        (rank_reorder, literal_rank_reorder(*exact, fraction=0.05, exponent=3, similarity_exponent=0.5)),
        (cos_cubed, literal_cos_cubed(*exact)),
    ):
        scores = score(*images)
        assert scores.dtype == np.float64
        np.testing.assert_allclose(scores, expected, rtol=1e-9, atol=1e-12)


@each_similarity
def test_scores_do_not_depend_on_the_size_of_blocks(name, monkeypatch):
    images = _images(3, 30, 7, 6)
    whole = SIMILARITIES[name](*images)
    for size in (1, 4):
        monkeypatch.setattr(clip_dissect, "BLOCK", size)
        np.testing.assert_allclose(SIMILARITIES[name](*images), whole, rtol=1e-12, atol=1e-14)


def test_concepts_that_no_image_has_keep_finite_scores():
    similarity = np.tile([1.0, -1.0], (200, 1))
    activations = np.random.default_rng(1).normal(size=(200, 3))
    for score in (soft_wpmi, wpmi):
        assert np.isfinite(score(similarity, activations, softmax_scale=1000)).all()
    assert np.isfinite(rank_reorder(similarity, activations)).all()


def test_rank_reorder_worked_by_hand():
    """Activations 1, 2, 3 in the opposite order of the first concept, and in that of the second: errors 8, 0, 8; 0."""
    activations = np.array([[2.0], [1.0], [3.0]])
    similarity = np.array([[0.2, 0.5], [0.7, 0.4], [0.1, 0.9]])
    scores = rank_reorder(similarity, activations, top_fraction=1.0)
    np.testing.assert_allclose(scores, [[-(16 / 3) / math.sqrt(1 / 3), 0]])
    lower_in_common = rank_reorder(similarity - [0.3, 0], activations, top_fraction=1.0)
    np.testing.assert_allclose(lower_in_common[0, 0] / scores[0, 0], math.sqrt((1 / 3) / (1 / 3 - 0.3)))


def test_rank_reorder_over_all_images_ranks_concepts_as_the_p_norm_of_the_paper_does():
    similarity, activations = np.random.default_rng(4).normal(size=(2, 40, 8))
    scores = rank_reorder(similarity, activations, top_fraction=1.0, exponent=3.0, similarity_exponent=0.0)
    for neuron, q in enumerate(activations.T):
        reordered = np.empty_like(similarity)
        np.put_along_axis(reordered, similarity.argsort(axis=0), np.sort(q)[:, None], axis=0)
        norms = np.linalg.norm(reordered - q[:, None], ord=3, axis=0)
        np.testing.assert_allclose(scores[neuron], -(norms**3) / 40, rtol=1e-9)


def test_cos_cubed_is_the_cosine_of_cubes_whatever_the_unit_of_the_activations():
    similarity, activations = np.random.default_rng(5).normal(size=(2, 50, 3))
    expected = [[1 - cosine((q - q.mean()) ** 3, (t - t.mean()) ** 3) for t in similarity.T] for q in activations.T]
    for unit in (1e-6, 1.0, 1e6):
        np.testing.assert_allclose(cos_cubed(0.01 * similarity, unit * activations + 5 * unit), expected, rtol=1e-6)


def test_cos_cubed_of_a_constant_neuron_or_concept_is_0():
    similarity, activations = _images(6, 1000, 3, 2, np.float32)
    similarity[:, 1], activations[:, 0] = 0.1, 0.7
    scores = cos_cubed(similarity, activations)
    np.testing.assert_array_equal(scores == 0, [[True, True, True], [False, True, False]])


def _planted(dtype, n: int = 300):
    """Three neurons, each active where one concept is; a fourth that never varies."""
    rng = np.random.default_rng(2)
    present = rng.random((n, 4)) < 0.3
    degree = present * rng.uniform(0.5, 1, (n, 4))
    similarity = 0.1 + 0.3 * degree + 0.01 * rng.normal(size=present.shape)
    activations = degree[:, [2, 0, 3]] + 0.03 * rng.normal(size=(n, 3))
    return similarity.astype(dtype), np.column_stack([activations, np.full(n, 0.7)]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "settings_",
    [{}, {"top_images": 20}, {"top_images": 20, "prior": 0.0}, {"similarity": "wpmi"}]
    + [{"similarity": name} | SCHEMA_DEFAULTS for name in SIMILARITIES]
    + [{"similarity": "rank_reorder", "top_fraction": 0.3, "exponent": 2.0, "similarity_exponent": 0.0}],
)
def test_a_neuron_is_explained_by_the_concept_that_activates_it(settings_, dtype):
    similarity, activations = _planted(dtype)
    neurons = np.array([7, 3, 12, 20])
    explanations = explain(similarity, activations, neurons, ["dog", "cat", "snow", "sky"], settings_)
    assert [e.neuron for e in explanations] == [7, 3, 12, 20]
    assert [list(e.concepts) for e in explanations] == [["snow"], ["dog"], ["sky"], []]
    assert [list(e.weights) for e in explanations] == [[1.0], [1.0], [1.0], []]
    assert [e.status for e in explanations] == ["ok", "ok", "ok", "constant"]
    assert all(e.val_correlation is None and e.bias == 0 for e in explanations)


def test_a_neuron_that_varies_by_a_ten_millionth_is_constant_as_for_metrics_and_fits():
    similarity, activations = _planted(np.float64)
    activations[:, 0] = 5 + 1e-7 * np.random.default_rng(0).random(len(activations))
    explanations = explain(similarity, activations, np.arange(4), ["dog", "cat", "snow", "sky"], {})
    assert [e.status for e in explanations] == ["constant", "ok", "ok", "constant"]


@pytest.mark.parametrize("name", ["soft_wpmi", "wpmi"])
def test_the_settings_reach_the_score(name):
    """With one top image its concept wins; with many another, which most active images have."""
    similarity = np.full((40, 2), 0.1)
    similarity[0, 0], similarity[1:20, 1] = 0.6, 0.6
    activations = np.linspace(1, 0, 40)[:, None]
    for top_images, concept in ((1, "first"), (20, "second")):
        settings_ = {"similarity": name, "top_images": top_images, "prior": 0.0}
        (explanation,) = explain(similarity, activations, np.array([0]), ["first", "second"], settings_)
        assert list(explanation.concepts) == [concept]


def test_the_similarity_function_that_is_named_explains():
    """The first concept orders all images but the two most active ones, the second those two alone."""
    activations = np.linspace(40, 1, 40)[:, None]
    similarity = np.column_stack([np.linspace(0.5, 0, 40), np.full(40, 0.01)])
    similarity[[0, 1]] = [[0.4, 0.9], [0.5, 0.8]]
    for settings_, concept in (
        ({}, "second"),
        ({"similarity": "rank_reorder"}, "second"),
        ({"similarity": "rank_reorder", "top_fraction": 1.0}, "first"),
        ({"similarity": "cos_cubed"}, "first"),
    ):
        settings_ = {"top_images": 2, "prior": 0.0} | settings_
        (explanation,) = explain(similarity, activations, np.array([0]), ["first", "second"], settings_)
        assert list(explanation.concepts) == [concept], settings_


def test_soft_wpmi_is_the_default_and_forgives_one_image_without_the_concept():
    similarity = np.vstack([np.tile([0.5, 0.45], (9, 1)), [[0.0, 1.0]]])
    activations = np.linspace(1, 0, 10)[:, None]
    for settings_, concept in (
        ({}, "first"),
        ({"similarity": "soft_wpmi"}, "first"),
        ({"similarity": "wpmi"}, "second"),
    ):
        settings_ = {"softmax_scale": 20.0, "prior": 0.0} | settings_
        (explanation,) = explain(similarity, activations, np.array([0]), ["first", "second"], settings_)
        assert list(explanation.concepts) == [concept]


@each_similarity
def test_the_first_of_equal_concepts_explains(name):
    similarity, activations = _planted(np.float64)
    twice = np.hstack([similarity, similarity])
    concepts = [*"abcd", *"ABCD"]
    explained = explain(twice, activations, np.arange(4), concepts, {"similarity": name})
    assert [list(e.concepts) for e in explained] == [["c"], ["a"], ["d"], []]


@each_similarity
def test_no_more_similarities_are_made_at_a_time_than_those_of_a_block(name, monkeypatch):
    parts, whole = [], Evidence.similarity
    monkeypatch.setattr(Evidence, "similarity", lambda *part, **by: parts.append(whole(*part, **by)) or parts[-1])
    monkeypatch.setattr(clip_dissect, "BLOCK", 4)
    SIMILARITIES[name](*_images(3, 30, 50, 6))
    assert sum(part.size for part in parts) == 30 * 50 and max(part.size for part in parts) <= 4 * 50
