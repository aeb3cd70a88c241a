"""Targets that are like another share its recordings, and take over what they do not give."""

import copy

import pytest

from linexp.config.derived_targets import recorded_target, with_likes
from linexp.errors import LinexpError

TARGETS = {
    "net": {
        "model": {"source": "torchvision", "name": "resnet18"},
        "probe": "photos",
        "layers": {"layer3": {"module": "layer3", "pool": "max"}, "layer4": {"module": "layer4", "pool": "avg"}},
        "explainer": "one",
        "simulator": "two",
        "methods": ["le_siglip"],
        "controls": ["shuffled", "untrained"],
    },
    "judged": {"like": "net", "simulator": "three", "methods": ["milan"]},
    "brief": {"like": "net", "layers": {"layer4": {"ablation": False}}, "methods": ["le_label"]},
}


def filled(**changes):
    targets = copy.deepcopy(TARGETS)
    targets["judged"] |= changes
    return with_likes({"seed": 0, "targets": targets})["targets"]


def test_what_is_not_given_is_taken_over_but_for_methods_and_controls():
    targets = filled()
    assert targets["net"] == TARGETS["net"]
    expected = {key: value for key, value in TARGETS["net"].items() if key != "controls"}
    assert targets["judged"] == expected | {"like": "net", "simulator": "three", "methods": ["milan"]}
    assert targets["brief"]["layers"] == {"layer4": {"module": "layer4", "pool": "avg", "ablation": False}}


def test_recordings_lie_under_the_name_of_the_original():
    targets = filled()
    assert [recorded_target(targets, name) for name in TARGETS] == ["net"] * 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"like": "nett"}, "targets.judged.like: target 'nett' does not exist; did you mean 'net'?"),
        ({"like": ["net"]}, "targets.judged.like: target \"['net']\" does not exist; "),
        ({"like": "brief"}, "targets.judged.like: 'brief' is itself like 'net'; name that one"),
        ({"like": "judged"}, "targets.judged.like: 'judged' is itself like 'judged'; name that one"),
        ({"probe": "others"}, "targets.judged.probe: it is that of 'net', whose recordings are shared; take probe out"),
        ({"model": {}}, "targets.judged.model: it is that of 'net', whose recordings are shared; take model out"),
        ({"controls": ["untrained"]}, "targets.judged.controls: untrained is a control of 'net'; take it out here"),
        (
            {"layers": {"layer5": {}}},
            "targets.judged.layers.layer5: there is no such layer to share; did you mean 'layer4'?",
        ),
        (
            {"layers": {"layer4": {"pool": "max"}}},
            "targets.judged.layers.layer4.pool: only ablation and impact can be others in a shared layer; take pool",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_cannot_be_shared_is_refused(changes, message):
    with pytest.raises(LinexpError) as refused:
        filled(**changes)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("targets", [None, 3, {"net": 3}, {"net": {"layers": 5}, "other": {"like": "net"}}])
def test_what_is_no_mapping_is_left_to_the_schema(targets):
    with_likes({"targets": targets})
