"""Pictures of neurons: the numbers behind them against brute force, and files that are the same every time."""

import re
from itertools import pairwise

import matplotlib
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

from linexp import store
from linexp.errors import LinexpError
from linexp.explanations import Explanation, to_table
from linexp.figures import STYLE, draw_neuron, save_figure, thumbnail_strip
from linexp.neuron_views import (
    IMAGES_PER_RANGE,
    MAX_AREAS,
    N_BINS,
    Explained,
    NeuronView,
    ViewFiles,
    activation_ranges,
    area_chart,
    breakable,
    read_views,
)

LONG = [f"concept number {n} of a name that is very long indeed" for n in range(10)]


class Images:
    """Images of one colour each, of several shapes."""

    def __getitem__(self, row: int) -> Image.Image:
        size = [(32, 32), (64, 64), (500, 300), (90, 200)][row % 4]
        return Image.new("RGB", size, (row * 7 % 256, row * 13 % 256, row * 29 % 256))


def _view(activations, weights=(), names=None, status="ok", seed=0, charted="le_label") -> NeuronView:
    weights = np.sort(np.asarray(weights, float))[::-1]
    names = list(names or [f"c{n}" for n in range(len(weights))])
    presence = np.random.default_rng(seed).random((len(activations), len(weights))).astype(np.float32)
    explained = [
        Explained("le_label", Explanation(7, names, weights.tolist(), 0.1, 0.5, status), 0.25),
        Explained("clip_dissect", Explanation(7, status="unexplained"), None),
    ]
    activations = np.asarray(activations, np.float32)
    return NeuronView("net / layer4", 7, activations, explained, charted, names, weights, presence)


def _random_view(seed: int, n: int, m: int) -> NeuronView:
    rng = np.random.default_rng(seed)
    return _view(rng.normal(rng.uniform(-2, 2), 1, n), rng.normal(0.5, 1, m), seed=seed)


def _owner(view: NeuronView, row: int) -> str | None:
    """The concept that an image counts for, looked for one by one."""
    best, owner = 0.0, None
    for name, weight, p in zip(view.concepts, view.weights, view.presence[row], strict=True):
        if weight > 0 and p >= 0.5 and weight * p > best:
            best, owner = weight * p, name
    return owner


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 120), m=st.integers(0, 6))
def test_shares_and_counts_are_those_of_counting_images_one_by_one(seed, n, m):
    view = _random_view(seed, n, m)
    chart = area_chart(view)
    values = view.activations.astype(float)
    assert chart.edges[0] == min(0.0, values.min())
    assert chart.edges[-1] == values.max()
    assert chart.counts.sum() == n
    for number in range(N_BINS):
        last = number == N_BINS - 1
        low, high = chart.edges[number], chart.edges[number + 1]
        rows = [row for row, v in enumerate(values) if low <= v < high or (last and v == high)]
        assert chart.counts[number] == len(rows)
        if not rows:
            assert np.isnan(chart.shares[number]).all()
            continue
        owners = [_owner(view, row) for row in rows]
        expected = [owners.count(name) / len(rows) for name in chart.names]
        np.testing.assert_allclose(chart.shares[number], expected)
        assert chart.shares[number].sum() <= 1 + 1e-12


def test_concepts_of_negative_weight_have_no_area():
    view = _view(np.arange(20.0), [2.0, 1.0, -0.5])
    chart = area_chart(view)
    assert chart.names == ["c0", "c1"]
    assert chart.weights == [2.0, 1.0]
    assert chart.left_out == [("c2", -0.5)]


def test_more_concepts_than_areas_share_the_last_area():
    view = _view(np.arange(500.0), np.linspace(3, 1, MAX_AREAS + 3))
    chart = area_chart(view)
    assert chart.names[-1] == "4 more concepts"
    assert chart.weights[-1] is None
    assert len(chart.names) == chart.shares.shape[1] == MAX_AREAS
    others = [f"c{n}" for n in range(MAX_AREAS - 1, MAX_AREAS + 3)]
    rows = np.flatnonzero(view.activations < chart.edges[1])
    assert chart.shares[0, -1] == pytest.approx(np.mean([_owner(view, row) in others for row in rows]))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 3000), distinct=st.integers(2, 1000))
def test_ranges_partition_the_images_by_descending_activation(seed, n, distinct):
    activations = np.random.default_rng(seed).integers(-3, distinct, n).astype(np.float32)
    ranges = activation_ranges(activations, seed)
    assert sum(row.size for row in ranges) == n
    for higher, lower in pairwise(ranges):
        assert higher.low >= lower.high
    for row in ranges:
        assert len(row.images) == len(set(row.images.tolist())) == min(IMAGES_PER_RANGE, row.size)
        shown = activations[row.images]
        assert (np.diff(shown) <= 0).all()
        assert row.low <= shown.min() <= shown.max() <= row.high
    everything = np.concatenate([row.images for row in ranges])
    assert len(set(everything.tolist())) == len(everything)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (50_000, {"Top 0–0.01 %": 5, "Top 0.01–0.1 %": 45, "Top 0.1–1 %": 450, "Top 1–10 %": 4500}),
        (10_000, {"Top 0–0.01 %": 1, "Top 0.01–0.1 %": 9, "Top 0.1–1 %": 90, "Top 1–10 %": 900}),
        (4000, {"Top 0–0.1 %": 4, "Top 0.1–1 %": 36, "Top 1–10 %": 360}),
        (240, {"Top 0–1 %": 2, "Top 1–10 %": 22}),
        (20, {"Top 0–10 %": 2}),
    ],
)
def test_a_range_without_a_whole_image_is_merged_with_the_next(n, expected):
    ranges = activation_ranges(np.arange(n)[::-1], 0)
    assert {row.label: row.size for row in ranges[:-1]} == expected
    assert ranges[-1].label == "Others, at random"
    first = ranges[0]
    assert first.images[0] == 0
    assert first.images[-1] == first.size - 1


def test_the_random_row_depends_on_the_seed_alone():
    activations = np.random.default_rng(0).random(1000)
    rows = [activation_ranges(activations, seed)[-1].images.tolist() for seed in (1, 1, 2)]
    assert rows[0] == rows[1] != rows[2]


def test_a_constant_neuron_has_one_random_row():
    (row,) = activation_ranges(np.full(50, 0.5), 0)
    assert (row.label, row.size, row.low, row.high) == ("At random", 50, 0.5, 0.5)


RNG = np.random.default_rng(0)
VIEWS = {
    "usual": _view(RNG.exponential(1, 400), [2, 1, 0.5]),
    "negative": _view(RNG.normal(-1, 1, 400), [2, 1, -0.5]),
    "all negative": _view(RNG.uniform(-3, -2, 400), [1]),
    "constant": _view(np.zeros(400), status="constant"),
    "unexplained": _view(RNG.exponential(1, 400), status="unexplained"),
    "nothing charted": _view(RNG.exponential(1, 400), charted=None),
    "long names": _view(RNG.normal(0, 1, 400), np.linspace(12, -0.2, 10), LONG),
    "many concepts": _view(RNG.exponential(1e-4, 400), np.linspace(3, 1, 30), status="not_converged"),
    "huge values and empty bins": _view(np.r_[np.full(399, 1e-3), 1.23e9], [1, 0.5]),
    "markup": _view(RNG.random(400), [2, 1], ["$x^2$ \\frac", "_hidden <b>"]),
    "few images": _view([0.0, 1.0, 2.0], [1]),
}


@pytest.mark.parametrize("name", ["usual", "constant", "many concepts"])
def test_a_picture_is_the_same_byte_by_byte_each_time(name, tmp_path):
    for format, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        paths = [tmp_path / f"{number}.{format}" for number in range(2)]
        for path in paths:
            save_figure(draw_neuron(VIEWS[name], Images()), path, format, {"linexp_version": "1", "settings": "{}"})
        first, second = (path.read_bytes() for path in paths)
        assert first.startswith(start)
        assert first == second


@pytest.mark.parametrize("name", VIEWS)
def test_no_text_leaves_the_picture_or_overlaps_another(name):
    with matplotlib.rc_context(STYLE):
        figure = draw_neuron(VIEWS[name], Images())
        FigureCanvasAgg(figure).draw()
        texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
        boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    assert len(boxes) > 10
    width, height = figure.bbox.size
    for number, (content, box) in enumerate(boxes):
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= 0, content
        for other, other_box in boxes[:number]:
            apart_x = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
            apart_y = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
            # boxes reach down to where descenders would be, so lines may touch by a few pixels
            assert apart_x <= 1 or apart_y <= 6, (content, other)


def test_a_long_explanation_says_how_many_terms_it_leaves_out():
    texts = [text.get_text() for text in draw_neuron(VIEWS["long names"], Images()).texts]
    shown = sum(text.count("number") for text in texts if "·concept" in text and text.startswith(("12", "+", "−")))
    left_out = next(int(match[1]) for text in texts if (match := re.search(r"and (\d+) more", text)))
    legend = sum(text.startswith("12.00·") for text in texts) - 1
    assert shown - legend + left_out == 10 + 1  # the bias is a term too


def test_small_images_keep_whole_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    strip = thumbnail_strip([Image.fromarray(pixels)])
    np.testing.assert_array_equal(strip[:, :128], pixels.repeat(4, 0).repeat(4, 1))
    assert (strip[:, 128:] == 255).all()


def test_lines_break_before_signs_only():
    text = breakable(Explanation(0, ["red - ish", "sea animal"], [-1.0, -2.0]).text())
    assert re.split(" (?=[+−])", text) == ["−1.00·red", "−\u00a0ish", "−\u00a02.00·sea animal"]


def _artifacts(folder, fingerprint="f") -> ViewFiles:
    provenance = store.Provenance("test", {}, fingerprint)
    concepts, n = ["a", "b", "c"], 30
    rng = np.random.default_rng(0)
    store.write_arrays(folder / "activations.h5", provenance, {"activations": rng.random((n, 4), dtype=np.float32)})
    store.write_arrays(folder / "P.h5", provenance, {"P": rng.random((n, 3), dtype=np.float32), "concepts": concepts})
    explained = [Explanation(1), Explanation(2, ["c", "a"], [2.0, -1.0]), Explanation(3, ["b"], [1.0])]
    for method in ("le", "other"):
        store.write_table(folder / f"{method}.parquet", provenance, to_table(explained))
    scores = pa.table(
        {
            "method": ["le", "le", "other", "le"],
            "simulator": ["s", "s", "s", "t"],
            "neuron": [1, 2, 2, 2],
            "correlation": [None, 0.5, 0.25, 0.75],
        }
    )
    store.write_table(folder / "scores.parquet", provenance, scores)
    store.write_table(folder / "index.parquet", provenance, pa.table({"image": range(n)}))
    methods = {method: folder / f"{method}.parquet" for method in ("le", "other")}
    return ViewFiles(
        folder / "index.parquet",
        folder / "activations.h5",
        folder / "scores.parquet",
        methods,
        folder / "P.h5",
    )


def test_views_hold_what_the_artifacts_say(tmp_path):
    files = _artifacts(tmp_path)
    assert files.same_probe() == "f"
    second, first = read_views(files, "net / layer4", [2, 1], "le", "s")
    (p,) = store.read_arrays(files.presence, "P")
    (activations,) = store.read_arrays(files.activations, "activations")
    assert (second.neuron, second.layer, list(second.concepts)) == (2, "net / layer4", ["c", "a"])
    assert second.weights.tolist() == [2.0, -1.0]
    np.testing.assert_array_equal(second.presence, p[:, [2, 0]])
    np.testing.assert_array_equal(second.activations, activations[:, 2])
    assert [(one.method, one.correlation) for one in second.explained] == [("le", 0.5), ("other", 0.25)]
    assert [(one.method, one.correlation) for one in first.explained] == [("le", None), ("other", None)]
    assert first.presence.shape == (30, 0)


def test_a_neuron_that_is_not_explained_is_an_error_that_says_which_are(tmp_path):
    with pytest.raises(LinexpError, match=r"neuron 0 is not explained by le.*3 neurons, 1 to 3"):
        read_views(_artifacts(tmp_path), "net / layer4", [0], "le", "s")
