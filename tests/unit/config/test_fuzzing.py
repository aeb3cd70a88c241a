"""Damaged configurations: whatever is done to a valid one, it is accepted or refused in one line that names a place."""

import copy
import datetime
import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linexp.config.checks import checked, members, parse_neurons
from linexp.errors import NOT_ONE_LINE, LinexpError

REPOSITORY = Path(__file__).parents[3]
SCHEMA = REPOSITORY / "workflow" / "schemas" / "config.schema.yaml"
SHIPPED = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
CASES = [400, pytest.param(2000, marks=pytest.mark.long)]
NAME = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*")


def cut_down(config: dict) -> dict:
    """The shipped configuration with the targets that differ most, so that a case takes milliseconds."""
    kept = ("scenes_resnet", "scenes_sae", "resnet50", "resnet50_netdissect", "resnet18_places365", "vgg16_cifar100")
    trained = {name: model for name, model in config["trained_models"].items() if model.get("target", kept[0]) in kept}
    return config | {"trained_models": trained, "targets": {name: config["targets"][name] for name in kept}}


BASE = cut_down(SHIPPED)
PATH_TRICKS = ["../x", "/abs", "a/b", "a b", "", ".", "..", "con", "NUL", "com1", "~", "a\nb", "a\n", "x\0", "a\\b",
               "a" * 300, "ä", "é", "-rf", "a__b", "_a", "{layer}", "$HOME", "*", "a.b", "\u202e"]  # fmt: skip
NUMBERS = [0, -1, 1, 10**400, -(10**400), 2**31, 2**63, 1e308, -1e308, 5e-324, -0.0, float("nan"), float("inf")]
WORDS = ["", "none", "nan", "fit", "label", "pseudo", "trained", "scenes", "=1+1", "<b>", "a" * 10_000, "0:99999999999",
         "9" * 5000 + ":" + "9" * 5001, "{}", "{0.__class__}", "model.json", "x.pth", "wordnet"]  # fmt: skip
ODDITIES = [None, True, False, [], {}, [[]], [None], {"": ""}, {None: 1}, {1: 2}, {(1, 2): 3}, b"bytes", {"a"},
            datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1), [1, [2, [3, [4]]]]]  # fmt: skip
NAMES = sorted({str(key) for section in BASE.values() if isinstance(section, dict) for key in section})
VALUES = st.one_of(*map(st.sampled_from, (PATH_TRICKS, NUMBERS, WORDS, ODDITIES, NAMES)), st.integers(), st.text())
KEYS = st.one_of(*map(st.sampled_from, (PATH_TRICKS, NAMES, WORDS)), st.sampled_from([None, True, 1, 1.5, (1, 2)]))


def places(value, path=()):
    """The paths of all values in a configuration."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


BY_DEPTH: dict[int, list[tuple]] = {}
for found in places(BASE):
    BY_DEPTH.setdefault(len(found), []).append(found)


@st.composite
def damaged(draw):
    """The configuration after one to three changes: a value, a name, a key too many, too few, or from elsewhere."""
    config = copy.deepcopy(BASE)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(BY_DEPTH[draw(st.sampled_from(sorted(BY_DEPTH)))]))
        parent = config
        for key in path[:-1]:
            parent = parent[key] if reachable(parent, key) else None
        if not reachable(parent, path[-1]):
            continue
        change = draw(st.sampled_from(["value", "value", "value", "rename", "add", "remove", "swap"]))
        if change == "value":
            parent[path[-1]] = draw(VALUES)
        elif change == "swap":
            parent[path[-1]] = copy.deepcopy(at(BASE, draw(st.sampled_from(BY_DEPTH[len(path)]))))
        elif change == "remove":
            del parent[path[-1]]
        elif isinstance(parent, dict):
            value = parent.pop(path[-1]) if change == "rename" else draw(VALUES)
            parent[draw(KEYS)] = value
    return config


def reachable(parent, key) -> bool:
    if isinstance(parent, list):
        return isinstance(key, int) and not isinstance(key, bool) and key < len(parent)
    return isinstance(parent, dict) and key in parent


def at(config: dict, path: tuple):
    for key in path:
        config = config[key]
    return config


def outcome(config: dict) -> str:
    """`accepted` or `refused`, after a look at what is accepted and at what is said of the rest."""
    before = copy.deepcopy(config)
    try:
        filled = checked(config, SCHEMA)
    except LinexpError as error:
        message = str(error)
        assert not NOT_ONE_LINE.search(message), message
        assert re.fullmatch(r"[^;]+: .+; .+", message) and len(message) <= 300, message
        return "refused"
    finally:
        assert repr(config) == repr(before)
    json.dumps(filled, allow_nan=False)
    # as given: a union that labels are added to has a name that no user's can be
    sections = [config.get(name, {}) for name in SECTIONS]
    sections += [target["layers"] for target in filled["targets"].values()]
    for name in (name for section in sections for name in section):
        assert NAME.fullmatch(name) and len(name) <= 100 and name.lower() not in ("con", "nul", "com1"), name
    for name in filled["concept_sets"]:
        assert members(filled, name)
    for target in filled["targets"].values():
        assert len(parse_neurons(target.get("neurons")) or []) < 10**7
    return "accepted"


SECTIONS = (
    "probes", "training_sets", "trained_models", "image_text_models", "concept_sets", "targets", "methods",
)  # fmt: skip


@pytest.mark.parametrize("cases", CASES)
def test_a_configuration_is_accepted_or_refused_in_one_line_whatever_is_done_to_it(cases):
    counts = Counter()

    @settings(max_examples=cases, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(damaged())
    def check(config):
        counts[outcome(config)] += 1

    check()
    print(counts)
    assert counts["refused"] > cases / 2 and counts["accepted"] > cases / 20, counts
