"""Pictures of neurons: files that are the same every time, in which nothing overlaps."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from helpers.drawn_texts import check_texts
from linexp.artifacts import store
from linexp.errors import LinexpError
from linexp.explanations import Explanation, to_table
from linexp.figures.maps import NeuronMaps, ends, over
from linexp.figures.neuron import draw_neuron, map_strip, thumbnail_strip
from linexp.figures.neuron_view import Explained, NeuronView, ViewFiles, breakable, read_view
from linexp.figures.shown_images import images_of_ranges
from linexp.figures.style import save_figure

LONG = [f"concept number {n} of a name that is very long indeed" for n in range(10)]


class Images:
    """Images of one colour each, of several shapes."""

    def __getitem__(self, row: int) -> Image.Image:
        size = [(32, 32), (64, 64), (500, 300), (90, 200)][row % 4]
        return Image.new("RGB", size, (row * 7 % 256, row * 13 % 256, row * 29 % 256))


def _view(activations, weights=(), names=None, status="ok", seed=0, charted="le_label", kinds=()) -> NeuronView:
    weights = np.sort(np.asarray(weights, float))[::-1]
    names = list(names or [f"c{n}" for n in range(len(weights))])
    presence = np.random.default_rng(seed).random((len(activations), len(weights))).astype(np.float32)
    explained = [
        Explained("le_label", Explanation(7, names, weights.tolist(), 0.1, 0.5, status), 0.25),
        Explained("clip_dissect", Explanation(7, status="unexplained"), None),
    ]
    activations = np.asarray(activations, np.float32)
    view = NeuronView("net / layer4", 7, activations, explained, charted, names, weights, presence)
    return (
        replace(view, maps=_maps(len(images_of_ranges(activations, 0)), *kinds), at_places=len(kinds) > 1)
        if kinds
        else view
    )


def _maps(n: int, *sides: int) -> NeuronMaps:
    rng = np.random.default_rng(1)
    maps = [rng.random((n, side, side)).astype(np.float32) for side in sides]
    return NeuronMaps(np.tile([0.1, 0.0, 0.9, 1.0], (n, 1)), *maps, method="le_label", simulator="clip")


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
    "with maps": _view(RNG.exponential(1, 400), [2, 1], kinds=[7]),
    "at places": _view(RNG.exponential(1, 400), charted=None, kinds=[4, 4]),
    "few images": _view([0.0, 1.0, 2.0], [1]),
    "control characters": _view(RNG.random(400), [2, 1], ["a\x00b\x1b[31m", "c-->d\u202e"]),
}


@pytest.mark.parametrize("name", ["control characters", "markup"])
def test_what_a_concept_is_called_leaves_the_svg_well_formed(name, tmp_path):
    save_figure(draw_neuron(VIEWS[name], Images()), tmp_path / "a.svg", "svg", {"settings": '{"<&>": "--"}'})
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")


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
    assert len(check_texts(draw_neuron(VIEWS[name], Images()))) > 10


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


def test_each_image_has_its_maps_below_it_side_by_side_over_what_the_network_sees():
    shown, pictures = VIEWS["at places"].maps, [Images()[row] for row in range(5)]
    strip = map_strip(shown, range(5, 10), pictures)
    assert strip.shape[0] == 62
    for number, picture in enumerate(pictures):
        width, height = picture.size
        seen = picture.resize((62, 62), Image.Resampling.BICUBIC, (0.1 * width, 0, 0.9 * width, height))
        for kind, values in enumerate((shown.activations, shown.simulated)):
            left = 140 * number + 66 * kind
            expected = over(seen, values[5 + number], ends(values))
            np.testing.assert_array_equal(strip[:, left : left + 62], np.asarray(expected))


@pytest.mark.parametrize(("name", "said"), [("with maps", 1), ("at places", 2), ("usual", 0)])
def test_a_picture_says_what_its_maps_are(name, said):
    figure = draw_neuron(VIEWS[name], Images())
    texts = [text.get_text() for text in figure.texts]
    assert sum("where the neuron fires" in text or "simulated by clip for le_label" in text for text in texts) == said
    strips = [axes for axes in figure.axes if axes.images]
    n_ranges = sum(text.startswith(("Top", "Others")) for text in texts)
    assert len(strips) == n_ranges * (2 if said else 1)


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
    second, first = (read_view(files, "net / layer4", neuron, "le", "s") for neuron in (2, 1))
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
        read_view(_artifacts(tmp_path), "net / layer4", 0, "le", "s")
