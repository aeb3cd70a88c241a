"""The layers of a network in the terminal."""

import re

from linexp.networks.survey import Surveyed
from linexp.terminal.layers import layers_text

FOUND = [
    Surveyed("stem", "Conv2d", (8, 32, 32), 1),
    Surveyed("stages", "Sequential", (64, 4, 4), 1, linear=("avg",)),
    Surveyed("stages.0", "Block", (16, 16, 16), 1),
    Surveyed("stages.0.act", "ReLU", (16, 16, 16), 2),
    Surveyed("pair", "LSTM", "tuple", 1),
    Surveyed("shared", "ReLU", (64,), 3),
    Surveyed("head", "Linear", (10,), 1),
]


def cells(line: str) -> list[str]:
    return re.split(" {2,}", line)


def test_each_module_is_a_line_with_what_can_be_made_of_it():
    lines = layers_text(FOUND, 2, None).splitlines()
    assert cells(lines[0]) == ["module", "is a", "gives", "neurons", "pool", "runs", "ablation"]
    assert cells(lines[1]) == ["stem", "Conv2d", "8 × 32 × 32", "8", "avg, max", "1", "replayed"]
    assert cells(lines[2]) == ["stages", "Sequential", "64 × 4 × 4", "64", "avg, max", "1", "linear tail (avg)"]
    assert cells(lines[4]) == ["pair", "LSTM", "tuple", "–", "–", "1", "–"]
    assert cells(lines[5]) == ["shared", "ReLU", "64", "–", "–", "3 times", "–"]
    assert "further modules inside: 1, with --depth 3" in lines


def test_the_lines_to_write_begin_with_linear_tails_and_never_name_what_cannot_be_explained():
    lines = layers_text(FOUND, 3, None).splitlines()
    assert lines[lines.index("under `layers` of the target:") + 1 :] == [
        "  stages: {module: stages, pool: avg}",
        "  head: {module: head, pool: none}",
        "  stages_0: {module: stages.0, pool: avg}",
    ]


def test_maps_that_end_with_channels_say_so_in_their_line():
    text = layers_text([Surveyed("layers.3", "Stage", (7, 7, 96), 1, "last")], 2, "no graph")
    assert "  layers_3: {module: layers.3, pool: avg, channels: last}" in text
    assert "ablation behind other layers: no graph" in text
    assert text.splitlines()[1].endswith("no")
