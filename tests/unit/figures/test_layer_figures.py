"""Figures of a layer: what they draw against the numbers themselves, and that they can be read."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from sklearn.metrics import r2_score

from helpers.drawn_texts import check_texts
from linexp.errors import LinexpError
from linexp.explanations import CONSTANT, Explanation
from linexp.figures.calibration import draw_reliability
from linexp.figures.layout import looks, text_colour
from linexp.figures.scores import (
    draw_correlation_against_ablation,
    draw_lengths,
    draw_scores,
    length_shares,
    quadratic_fit,
)
from linexp.figures.style import save_figure
from linexp.figures.top_impact import draw_top_impact
from linexp.figures.weights import draw_weight_map, ranked_neurons, select, weight_map

LONG = "a_method_with_a_name_that_is_far_too_long_for_a_legend_of_any_kind"
RNG = np.random.default_rng(0)


def _scores(methods=("le_label", "clip_dissect"), n=40, seed=0, **constant) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    parts = []
    for method in methods:
        correlation = rng.uniform(-0.2, 0.8, n)
        columns = {
            "method": method,
            "simulator": "two",
            "neuron": range(n),
            "correlation": correlation,
            "ablation_optim": correlation**2 / 2 + rng.normal(0, 0.05, n),
            "ablation_norm": correlation**2 / 3,
        }
        parts.append(pd.DataFrame(columns | constant))
    return pd.concat(parts, ignore_index=True)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(4, 60))
def test_the_fit_is_that_of_polyfit_and_scikit_learn(seed, n):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1, 1, n), rng.normal(0, 1, n)
    fit = quadratic_fit(x, y)
    expected = np.polyfit(x, y, 2)
    np.testing.assert_allclose(fit[:3], expected, rtol=1e-6, atol=1e-8)
    assert fit.r_squared == pytest.approx(r2_score(y, np.polyval(expected, x)), abs=1e-8)


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2, 3], [1, 2, 3]), ([1, 1, 2, 2, 2], [1, 2, 3, 4, 5]), ([1, 2, 3, 4], [2] * 4)]
)
def test_too_few_points_have_no_fit(x, y):
    assert quadratic_fit(np.array(x, float), np.array(y, float)) is None


def test_every_defined_explanation_of_the_simulator_is_a_point_of_its_method():
    scores = pd.concat([_scores(), _scores(simulator="other")])
    scores.loc[(scores["neuron"] == 3) & (scores["method"] == "le_label"), "correlation"] = np.nan
    figure = draw_correlation_against_ablation(scores, "net / layer4", "two")
    lines = {line.get_label(): line.get_xydata() for line in figure.axes[0].lines}
    for method, n in (("le_label", 39), ("clip_dissect", 40)):
        rows = scores[(scores["method"] == method) & (scores["simulator"] == "two")].dropna()
        np.testing.assert_array_equal(lines[method], rows[["correlation", "ablation_optim"]])
        assert len(rows) == n
    both = np.concatenate([lines["le_label"], lines["clip_dissect"]])
    fitted = next(points for label, points in lines.items() if label.startswith("quadratic fit"))
    np.testing.assert_allclose(fitted[:, 1], np.polyval(np.polyfit(*both.T, 2), fitted[:, 0]), atol=1e-9)


def test_norm_is_drawn_where_optim_was_not_computed():
    figure = draw_correlation_against_ablation(_scores(ablation_optim=np.nan), "net", "two")
    drawn = figure.axes[0].lines[0].get_xydata()
    np.testing.assert_array_equal(drawn, _scores().query("method == 'le_label'")[["correlation", "ablation_norm"]])
    assert any("norm" in text for text in check_texts(figure))


def test_boxes_have_the_quartiles_and_the_diamond_the_mean_with_0_for_undefined():
    scores = _scores()
    scores.loc[:4, "correlation"] = np.nan
    figure = draw_scores(scores, "net / layer4", "two")
    axes = figure.axes[0]
    values = scores.loc[:39, "correlation"].fillna(0)
    boxes = [patch.get_path().get_extents() for patch in axes.patches]
    assert (boxes[0].x0, boxes[0].x1) == pytest.approx(tuple(values.quantile([0.25, 0.75])))
    diamonds = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert diamonds[0] == pytest.approx(values.mean())
    assert len(boxes) == len(diamonds) == 2


def test_without_ablation_the_scores_are_one_panel():
    without = _scores(ablation_optim=np.nan).assign(ablation_norm=np.nan)
    (axes,) = draw_scores(without, "net / layer4", "two").axes
    assert len(axes.patches) == 2


def test_shares_of_lengths_are_counted():
    assert length_shares([0, 1, 1, 4, 9], 4).tolist() == [0.2, 0.4, 0.0, 0.4]
    texts = check_texts(draw_lengths({"one": [1, 1, 1, 0], "two": [1, 5, 40, 41]}, "net"))
    assert {"25 %", "75 %", "50 %", "mean 0.8", "mean 21.8", "12+"} <= set(texts)


def test_top_impact_draws_means_and_ends_at_everything():
    table = pd.DataFrame({"beta": [0.002, 0.5] * 3, "top_impact": [0.1, 0.6, 0.2, 0.8, np.nan, np.nan]})
    figure = draw_top_impact({"layer4": table}, "net")
    points = figure.axes[0].lines[0].get_xydata()
    np.testing.assert_allclose(points, [[0.2, 0.15], [50, 0.7], [100, 1]])


def test_a_reliability_diagram_has_the_points_of_the_table_and_refuses_given_values():
    table = [{"count": 10**k, "p": p, "observed": p**2} for k, p in enumerate((0.05, 0.4, 0.95), 3)]
    fitted = {"name": "one", "role": "explainer", "a": 5.0, "b": -0.1, "bce": 0.1, "bce_base_rate": 0.2}
    figure = draw_reliability([fitted | {"reliability": table}], "net")
    np.testing.assert_allclose(figure.axes[0].lines[1].get_xydata(), [[0.05, 0.0025], [0.4, 0.16], [0.95, 0.9025]])
    assert [bar.get_height() for bar in figure.axes[1].patches] == [1000, 10_000, 100_000]
    with pytest.raises(LinexpError, match="one: a and b are given"):
        draw_reliability([fitted], "net")


def test_a_weight_map_has_every_weight_in_the_cell_of_its_concept_and_neuron():
    explained = [Explanation(4, ["a", "b"], [2.0, -1.0]), Explanation(9), Explanation(2, ["c", "a"], [4.0, 0.1])]
    concepts, weights, left_out = weight_map(explained)
    assert (concepts, left_out) == (["a", "b", "c"], 0)
    np.testing.assert_array_equal(weights, [[2, np.nan, 0.1], [-1, np.nan, np.nan], [np.nan, np.nan, 4]])
    texts = check_texts(draw_weight_map(explained, "net", "le"))
    assert {"2.00", "−1.00", "0.100", "4.00"} <= set(texts)


def test_a_weight_map_leaves_out_the_concepts_that_weigh_least_in_their_neurons():
    explained = [Explanation(0, ["a", "b"], [100.0, 1.0]), Explanation(1, ["c", "d"], [0.5, -0.4])]
    concepts, _, left_out = weight_map(explained, max_concepts=3)
    assert (concepts, left_out) == (["a", "c", "d"], 1)


def test_neurons_are_chosen_evenly_by_rank():
    correlations = {7: 0.1, 3: 0.9, 5: None, 1: 0.5, 2: 0.5, 9: float("nan")}
    assert ranked_neurons(correlations, 6) == [3, 1, 2, 7, 5, 9]
    assert ranked_neurons(correlations, 2) == [3, 9]
    assert ranked_neurons(dict.fromkeys(range(100), 0.0), 12)[-1] == 99
    with pytest.raises(LinexpError, match="neuron 8 is not explained"):
        select([Explanation(0), Explanation(3)], [8])


CALIBRATION = {
    "name": LONG,
    "role": "explainer",
    "a": 12345.6,
    "b": -0.25,
    "bce": 0.1,
    "bce_base_rate": 0.3,
    "reliability": [{"count": 5, "p": 0.0001, "observed": 0.0}, {"count": 10**9, "p": 0.03, "observed": 0.02}],
}
MANY = [f"method_{number}" for number in range(16)]
FIGURES = {
    "ablation": lambda: draw_correlation_against_ablation(_scores([LONG, "random_concepts"]), "net / layer4", "two"),
    "nothing ablated": lambda: draw_correlation_against_ablation(
        _scores(ablation_optim=np.nan, ablation_norm=np.nan), "net", "two"
    ),
    "scores": lambda: draw_scores(_scores(MANY), "net / layer4", "two"),
    "undefined": lambda: draw_scores(_scores([LONG], correlation=np.nan, ablation_optim=0.0), "net", "two"),
    "lengths": lambda: draw_lengths({LONG: [0], "b": range(60)}, LONG + LONG + LONG),
    "weights": lambda: draw_weight_map(
        [Explanation(n, [f"{LONG} {n} {k}" for k in range(9)], RNG.normal(0, 9999, 9)) for n in range(2030, 2042)],
        "net / layer4",
        "le_label",
    ),
    "one neuron": lambda: draw_weight_map([Explanation(1, ["a"], [1.0]), Explanation(2, status=CONSTANT)], "n", "le"),
    "nothing explained": lambda: draw_weight_map([Explanation(n, status=CONSTANT) for n in range(4)], "n", "le"),
    "calibration": lambda: draw_reliability([CALIBRATION], "net / layer4"),
    "calibrations": lambda: draw_reliability([CALIBRATION] * 3, "net / layer4"),
    "impact": lambda: draw_top_impact(
        {name: pd.DataFrame({"beta": [0.0003, 0.1], "top_impact": [0.1, 0.5]}) for name in [LONG, "layer4"]}, "net"
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_leaves_the_figure_or_overlaps_another_and_files_are_the_same(name, tmp_path):
    check_texts(FIGURES[name]())
    for format in ("svg", "png"):
        paths = [tmp_path / f"{number}.{format}" for number in range(2)]
        for path in paths:
            RNG.bit_generator.state = np.random.default_rng(1).bit_generator.state
            save_figure(FIGURES[name](), path, format, {"linexp_version": "1"})
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_methods_differ_in_colour_or_marker_and_text_in_its_contrast():
    styles = [tuple(look.values()) for look in looks([*MANY, "random_concepts"])]
    assert len(set(styles)) == 17
    assert [text_colour(to_rgb(colour)) for colour in ("white", "black", "#0072B2")] == ["#1A1A1A", "white", "white"]
