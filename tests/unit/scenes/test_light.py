"""The light of drawn scenes: it says nothing of what is in them, so an untrained network knows little of it."""

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from sklearn.linear_model import Ridge

from linexp import scenes
from linexp.scenes.light import Light, Lighting, draw_light
from linexp.scenes.palette import OBJECT_TONES

SIZE, COUNT, TRAIN = 64, 1200, 800
LUMA = np.array((0.299, 0.587, 0.114))


@pytest.fixture(scope="module")
def drawn() -> list[scenes.Scene]:
    return [scenes.draw_scene(1, index, SIZE) for index in range(COUNT)]


@pytest.fixture(scope="module")
def pixels(drawn) -> np.ndarray:
    """All images, float64 (n, size, size, 3) in [0, 1]."""
    return np.stack([np.asarray(scene.image) for scene in drawn]) / 255


def shared(values: np.ndarray, groups: list[str]) -> float:
    """Part of the variance of `values` (n,) that is between groups."""
    groups = np.array(groups)
    means = {name: values[groups == name].mean() for name in set(groups)}
    return float(np.var([means[name] for name in groups]) / values.var())


@pytest.fixture
def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(60, 200, (SIZE, SIZE, 3), dtype=np.uint8))


def lit(picture: Image.Image, light: Light, ground: float = 1.0) -> np.ndarray:
    return np.asarray(Lighting(picture, np.full((SIZE, SIZE), ground), 0.5, light).picture()) / 255


@pytest.mark.parametrize(("brightness", "contrast"), [(0.4, 0.06), (0.5, 0.1), (0.7, 0.08)])
def test_surroundings_get_the_brightness_and_contrast_of_their_light(picture, brightness, contrast):
    luma = lit(picture, Light(np.zeros((4, 3)), brightness, contrast, 0.0)) @ LUMA
    assert luma.mean() == pytest.approx(brightness, abs=0.01)
    assert luma.std() == pytest.approx(contrast, rel=0.15)


def test_the_tint_runs_from_the_top_of_the_sky_to_the_horizon_and_on_to_the_front(picture):
    tints = np.array(((0.1, 0, 0), (0, 0.1, 0), (0, 0, 0.1), (-0.1, 0, 0)))
    tints = tints - (tints @ LUMA)[:, None]
    light = Light(tints, 0.5, 0.02, 0.0)
    for ground, rows, expected in ((0.0, (0, 31), tints[:2]), (1.0, (32, 63), tints[2:])):
        image = lit(picture, light, ground)
        chroma = (image - (image @ LUMA)[..., None]).mean(axis=1)
        for row, tint in zip(rows, expected, strict=True):
            cosine = chroma[row] @ tint / np.linalg.norm(chroma[row]) / np.linalg.norm(tint)
            assert cosine > 0.9


def test_lights_differ_in_hue_brightness_and_contrast():
    rng = np.random.default_rng(0)
    lights = [draw_light(rng) for _ in range(400)]
    brightness, contrast = (np.array([getattr(light, name) for light in lights]) for name in ("brightness", "contrast"))
    assert np.ptp(brightness) > 0.4 and contrast.max() > 2 * contrast.min()
    hues = np.array([np.arctan2(*light.tints[3, 1:]) for light in lights])
    assert len(np.unique(np.digitize(hues, np.linspace(-np.pi, np.pi, 9)))) >= 6


@pytest.mark.parametrize("channel", [0, 1, 2, None])
def test_mean_colours_and_contrast_say_little_of_the_background(drawn, pixels, channel):
    values = pixels.std(axis=(1, 2, 3)) if channel is None else pixels[..., channel].mean(axis=(1, 2))
    assert shared(values, [scene.background for scene in drawn]) < 0.1


def test_objects_are_drawn_in_shades_of_their_colour(drawn, pixels):
    seen = [
        image[thing.mask].mean()
        for scene, image in zip(drawn, pixels, strict=True)
        for thing in scene.objects
        if thing.colour == "blue"
    ]
    assert np.ptp(seen) > 0.15
    assert np.mean(seen) == pytest.approx(np.mean(OBJECT_TONES["blue"].main) / 255, abs=0.15)


def test_an_untrained_network_is_hardly_explained_by_all_that_is_true_of_the_images(drawn, pixels):
    names = [*scenes.CLASS_NAMES, *scenes.COLOURS, *scenes.BACKGROUNDS]
    labels = np.array([[name in scene.concepts for name in names] for scene in drawn], dtype=np.float64)
    correlations = []
    for seed in range(2):
        torch.manual_seed(seed)
        network = timm.create_model("resnet10t", channels=[32, 64, 96, 128], stem_type="deep", stem_width=16).eval()
        with torch.inference_mode():
            images = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 0.5) / 0.25
            neurons = network.forward_features(images).mean((2, 3)).double().numpy()
        fitted = Ridge(10.0).fit(labels[:TRAIN], neurons[:TRAIN]).predict(labels[TRAIN:])
        varies = neurons[TRAIN:].std(axis=0) * fitted.std(axis=0) > 0
        pairs = zip(fitted.T[varies], neurons[TRAIN:].T[varies], strict=True)
        correlations += [np.corrcoef(one, other)[0, 1] for one, other in pairs]
    assert np.mean(correlations) < 0.33
