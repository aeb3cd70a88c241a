"""A configuration in several places: what null takes out, and which place a message is about."""

import copy

import pytest
from snakemake.utils import update_config

from linexp.config.origins import merged, origin_of, without_nulls

SHIPPED = {"seed": 0, "probes": {"a": {"kind": "scenes", "images": 4}, "b": {"kind": "scenes"}}, "run": ["a/b"]}
OWN = {"seed": None, "probes": {"a": None, "c": None, "b": {"kind": None, "limit": None}}}
FOUND = [("config.yaml", SHIPPED), ("own.yaml", OWN), ("--config", {"probes": {"b": {"kind": "parquet"}}})]


def test_null_takes_out_what_another_place_has_and_is_left_where_there_is_nothing_below():
    merged = {"seed": None, "probes": {"a": None, "b": {"kind": None, "limit": None}, "c": None}, "run": ["a/b"]}
    assert without_nulls(merged, FOUND[:2]) == {"probes": {"b": {"limit": None}, "c": None}, "run": ["a/b"]}


def test_null_in_the_only_place_is_left_to_the_checks():
    assert without_nulls(OWN, [("config.yaml", OWN)]) == OWN


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("probes.a.images: 4 is out of range", "config.yaml"),
        ("probes.c: there is no value", "own.yaml"),
        ("probes.b.kind: 'parket' is not possible", "--config"),
        ("run.0: target 'a' does not exist", "config.yaml"),
        ("probes.b.limit.x: is wrong", "own.yaml"),
        ("the configuration: key 'targets' is missing", "config.yaml"),
    ],
)
def test_a_message_is_about_the_last_place_that_has_its_keys(message, name):
    assert origin_of(message, FOUND) == name


@pytest.mark.parametrize("above", [OWN, {"run": [], "probes": {"b": {"limit": {"x": 1}}, "d": {"e": {"f": 2}}}}, {}])
def test_files_merge_as_snakemake_merges_them(above):
    expected = copy.deepcopy(SHIPPED)
    update_config(expected, above)
    assert merged([("config.yaml", SHIPPED), ("own.yaml", above)]) == expected
