"""The picture of a neuron at places has the maps that it is given, over the images, in one scale."""

import numpy as np
import pytest
from PIL import Image

from linexp.explanations import Explanation
from linexp.figures.place_maps import OPACITY, SIDE, PlaceView, draw_places, over
from linexp.figures.style import save_figure


def view(n: int = 150, grid: int = 4) -> tuple[PlaceView, list[Image.Image]]:
    rng = np.random.default_rng(0)
    maps = rng.random((n, grid, grid)).astype(np.float32)
    explanation = Explanation(3, ["dog", "snow"], [1.5, 0.5], 0.1)
    images = [Image.fromarray(rng.integers(0, 255, (20, 20, 3), np.uint8)) for _ in range(n)]
    return PlaceView("net / layer3", 3, "le_label", explanation, "clip", maps, 0.5 * maps), images


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_a_map_lies_over_its_image_cell_by_cell():
    image = Image.new("RGB", (40, 40), "white")
    shown = np.asarray(over(image, np.array([[0.0, 1.0], [0.5, 0.0]]), (0.0, 1.0))).astype(int)
    assert shown.shape == (40, 40, 3)
    assert (shown[5, 5] == shown[35, 35]).all() and not (shown[5, 5] == shown[5, 35]).all()
    assert (shown[:20, :20] == shown[0, 0]).all(), "a cell has one colour"
    assert shown[0, 0].min() >= int(255 * (1 - OPACITY)) - 1, "the image is seen through it"


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), 3.5)])
def test_a_map_that_is_the_same_everywhere_is_drawn(values):
    image = Image.new("RGB", (SIDE, SIDE), "gray")
    assert over(image, values, (float(values.min()), float(values.max()))).size == (SIDE, SIDE)


def test_the_picture_says_what_is_seen(tmp_path):
    shown, images = view()
    figure = draw_places(shown, images)
    said = texts(figure)
    assert said[0] == "net / layer3, neuron 3, at places"
    assert said[1].startswith("le_label: 1.50·dog") and "0.50·snow" in said[1]
    assert any("simulated by clip" in text for text in said)
    assert sum(text.startswith(("Top", "Others")) for text in said) == len(figure.axes) == 3
    for format in ("svg", "png"):
        save_figure(figure, tmp_path / f"a.{format}", format)
        save_figure(draw_places(shown, images), tmp_path / f"b.{format}", format)
        assert (tmp_path / f"a.{format}").read_bytes() == (tmp_path / f"b.{format}").read_bytes()


def test_a_neuron_that_never_varies_has_images_at_random():
    _, images = view(30)
    constant = PlaceView(
        "net", 0, "le", Explanation(0, status="constant"), "clip", np.zeros((30, 4, 4)), np.zeros((30, 4, 4))
    )
    assert sum(text == "At random" for text in texts(draw_places(constant, images))) == 1
