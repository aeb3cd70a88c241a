"""What jobs of a layer of many units ask for: memory follows blocks of units, and time all of them."""

from types import SimpleNamespace

import pytest

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.planning import work

FEATURES = (4_096, 16_384, 65_536)


@pytest.fixture
def config(tmp_path, monkeypatch) -> dict:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("dog\n")
    found = checked(small(), SCHEMA)
    found["probes"][found["targets"]["net"]["probe"]] = {"kind": "scenes", "images": 50_000, "size": 64}
    return found


def asked(config: dict, made, features: int) -> work.Work:
    """By a layer whose units are so many features of a sparse autoencoder."""
    config["trained_models"]["features"] = {"kind": "sae", "features": features}
    config["targets"]["net"]["layers"]["layer4"]["units"] = {"trained": "features"}
    config["targets"]["net"] |= {"neurons": None}
    names = SimpleNamespace(target="net", layer="layer4", method="le_siglip", simulator="two", presence="all/one")
    return made(config, names)


IN_BLOCKS = {
    **{made: 0 for made in (work.fitting, work.resampling, work.bounding, work.missing, work.checking)},
    **{made: 0 for made in (work.ablating, work.removing, work.sampling_curves)},
    **{work.simulating: 1_500, work.scoring: 1_500, work.judging: 1_000, work.shuffling: 1_500},
}
"""Megabytes that 65,536 features may take more than 4,096: rows of tables and of images, shuffles, correlations."""


@pytest.mark.parametrize("made", IN_BLOCKS, ids=lambda made: made.__name__)
def test_memory_is_flat_in_features_and_time_is_not(config, made):
    few, more, many = (asked(config, made, features) for features in FEATURES)
    assert few.memory <= more.memory <= many.memory <= few.memory + IN_BLOCKS[made]
    assert many.seconds > few.seconds or made is work.sampling_curves


def test_memory_holds_a_block_of_all_images_that_are_looked_at(config):
    block = 50_000 * 2_048 * 4 / 1e6
    for made, blocks in ((work.bounding, 2), (work.missing, 4), (work.removing, 4), (work.scoring, 5 * 0.3)):
        assert asked(config, made, 16_384).memory > 2_000 + blocks * block, made.__name__
