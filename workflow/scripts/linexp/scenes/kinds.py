"""What can be in a scene: each kind's drawing, where it belongs, and the classes above it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import animals, buildings, plants, sky, vehicles
from .canvas import Canvas
from .palette import Tone

Place = Literal["land", "water", "air", "sky"]


@dataclass(frozen=True)
class Kind:
    """How to draw a kind of object and how it is placed.

    Attributes
    ----------
    draw : draws the object in a box of about 100 x 100 units.
    place : stands on land, lies in water, flies (also low over the ground) or stays in the sky.
    tilt : largest turn to either side, in degrees.
    """

    draw: Callable[[Canvas, Tone], None]
    place: Place
    tilt: float = 0.0


KINDS: dict[str, Kind] = {
    "cat": Kind(animals.cat, "land"),
    "elephant": Kind(animals.elephant, "land"),
    "bird": Kind(animals.bird, "air", tilt=10.0),
    "butterfly": Kind(animals.butterfly, "air", tilt=25.0),
    "fish": Kind(animals.fish, "water", tilt=10.0),
    "whale": Kind(animals.whale, "water"),
    "turtle": Kind(animals.turtle, "land"),
    "snail": Kind(animals.snail, "land"),
    "car": Kind(vehicles.car, "land"),
    "bus": Kind(vehicles.bus, "land"),
    "tractor": Kind(vehicles.tractor, "land"),
    "boat": Kind(vehicles.boat, "water", tilt=3.0),
    "plane": Kind(vehicles.plane, "air", tilt=12.0),
    "rocket": Kind(vehicles.rocket, "air", tilt=25.0),
    "balloon": Kind(vehicles.balloon, "air", tilt=4.0),
    "tree": Kind(plants.tree, "land"),
    "pine": Kind(plants.pine, "land"),
    "cactus": Kind(plants.cactus, "land"),
    "flower": Kind(plants.flower, "land"),
    "house": Kind(buildings.house, "land"),
    "castle": Kind(buildings.castle, "land"),
    "lighthouse": Kind(buildings.lighthouse, "land"),
    "windmill": Kind(buildings.windmill, "land"),
    "tent": Kind(buildings.tent, "land"),
    "sun": Kind(sky.sun, "sky", tilt=8.0),
    "moon": Kind(sky.moon, "sky", tilt=15.0),
    "star": Kind(sky.star, "sky", tilt=10.0),
    "cloud": Kind(sky.cloud, "sky"),
}

SUPERCLASSES: dict[str, tuple[str, ...]] = {
    "animal": ("cat", "elephant", "bird", "butterfly", "fish", "whale", "turtle", "snail"),
    "vehicle": ("car", "bus", "tractor", "boat", "plane", "rocket", "balloon"),
    "plant": ("tree", "pine", "cactus", "flower"),
    "building": ("house", "castle", "lighthouse", "windmill", "tent"),
    "sky object": ("sun", "moon", "star", "cloud"),
    "mammal": ("cat", "elephant", "whale"),
    "shelled animal": ("turtle", "snail"),
    "winged animal": ("bird", "butterfly"),
    "sea animal": ("fish", "whale"),
    "wheeled vehicle": ("car", "bus", "tractor"),
    "aircraft": ("plane", "rocket", "balloon"),
    "flying thing": ("bird", "butterfly", "plane", "rocket", "balloon"),
    "floating thing": ("fish", "whale", "boat"),
    "tower": ("castle", "lighthouse", "windmill"),
    "dwelling": ("house", "castle", "tent"),
    "heavenly body": ("sun", "moon", "star"),
}
