"""Scenes: an image, what is in it and where each thing is seen."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from .backgrounds import BACKGROUNDS, VARIANTS, draw_background, horizon
from .footing import Layer, cast_shadow, patch, ripples
from .kinds import KINDS
from .light import Lighting, draw_light
from .palette import Rgb
from .placement import CLASS_NAMES, Placed, arrange, pick
from .sprites import draw_sprite


@dataclass(frozen=True)
class SceneObject:
    """An object of a scene; `mask` bool (size, size) is True where it is seen in the final image."""

    kind: str
    colour: str
    mask: np.ndarray


@dataclass(frozen=True)
class Scene:
    """A drawn image: RGB (size, size); `label` is the index in CLASS_NAMES of the first, largest object."""

    image: Image.Image
    label: int
    background: str
    objects: tuple[SceneObject, ...]

    @property
    def concepts(self) -> tuple[str, ...]:
        """Sorted names of all that is true of the image: kinds, colours and the background."""
        names = {name for thing in self.objects for name in (thing.kind, thing.colour)}
        return tuple(sorted(names | {self.background}))


def draw_scene(seed: int, index: int, size: int) -> Scene:
    """Draw scene `index` of the series `seed`, `size` x `size` pixels; the same call gives the same bytes."""
    rng = np.random.default_rng((seed, index))
    name, variant = pick(rng, tuple(BACKGROUNDS)), int(rng.integers(VARIANTS))
    ground = BACKGROUNDS[name]
    placed = arrange(rng, horizon(name, variant), ground.surface)
    lighting = _surroundings(rng, name, variant, placed, size)
    image = lighting.picture()
    masks = _draw_objects(image, placed, lighting, lighting.colour(ground.ripple))
    objects = tuple(SceneObject(p.pose.kind, p.pose.colour, m) for p, m in zip(placed, masks, strict=True))
    return Scene(image, CLASS_NAMES.index(objects[0].kind), name, objects)


def _surroundings(rng: np.random.Generator, name: str, variant: int, placed: list[Placed], size: int) -> Lighting:
    """The background with the ponds and islands that its objects need, and its light."""
    picture, ground = (layer.copy() for layer in draw_background(name, variant, size))
    if rng.random() < 0.5:
        picture, ground = (layer.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for layer in (picture, ground))
    place = BACKGROUNDS[name]
    for thing in sorted(placed, key=lambda thing: thing.box.foot[1]):
        if KINDS[thing.pose.kind].place in {"land", "water"} - {place.surface}:
            layer, corner = patch(thing.box, place, size)
            picture.paste(layer, corner, layer)
            ground.paste(0, (*corner, corner[0] + layer.width, corner[1] + layer.height), layer.getchannel("A"))
    return Lighting(picture, np.asarray(ground) / 255, horizon(name, variant), draw_light(rng))


def _draw_objects(image: Image.Image, placed: list[Placed], lighting: Lighting, ripple: Rgb) -> list[np.ndarray]:
    """Draw the objects into `image`, back to front; return where each is seen, bool (size, size)."""
    standing = [KINDS[thing.pose.kind].place in ("land", "water") for thing in placed]
    order = sorted(range(len(placed)), key=lambda i: (standing[i], placed[i].box.foot[1]))
    covers = [cover for i in order for cover in _draw_object(image, i, placed[i], lighting, ripple)]
    return _visible(covers, len(placed), image.width)


def _draw_object(
    image: Image.Image, number: int, thing: Placed, lighting: Lighting, ripple: Rgb
) -> list[tuple[int | None, np.ndarray]]:
    """Draw an object and what belongs to it; return what each covers, with `number` for the object itself."""
    place, size = KINDS[thing.pose.kind].place, image.width
    if place == "land":
        cast_shadow(image, thing.box)
    picture, corner = draw_sprite(thing.pose, thing.box.left, thing.box.top, size)
    sprite = lighting.seen(picture, thing.pose.shade), corner
    covers: list[tuple[int | None, np.ndarray]] = [(number, _paste(image, sprite))]
    if place == "water":
        covers.append((None, _paste(image, ripples(thing.box, ripple, size))))
    return covers


def _paste(image: Image.Image, layer: Layer) -> np.ndarray:
    """Put a layer onto the image; return how much of each pixel it covers, float (size, size)."""
    picture, corner = layer
    image.paste(picture, corner, picture)
    cover = Image.new("L", image.size)
    cover.paste(picture.getchannel("A"), corner)
    return np.asarray(cover) / 255


def _visible(covers: list[tuple[int | None, np.ndarray]], count: int, size: int) -> list[np.ndarray]:
    """Where most of a pixel is an object's, bool (size, size) each, from all covers, back to front."""
    masks = [np.zeros((size, size), dtype=bool) for _ in range(count)]
    free = np.ones((size, size))
    for number, cover in reversed(covers):
        if number is not None:
            masks[number] = cover * free > 0.5
        free = free * (1 - cover)
    return masks
