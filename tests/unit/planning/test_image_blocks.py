"""Into how many blocks the images of a probe are cut, and what an artifact is put together from."""

from types import SimpleNamespace

import pytest

from helpers.configs import at, refusal
from linexp.errors import LinexpError
from linexp.planning import image_blocks, resources

CONFIG = {
    "probes": {
        "val": {"kind": "imagenet", "root": "."},
        "large": {"kind": "scenes", "images": 1_281_167},
        "auto": {"kind": "scenes", "images": 65_537, "image_blocks": "auto"},
        "limited": {"kind": "scenes", "images": 1_281_167, "limit": 100},
        "given": {"kind": "scenes", "images": 240, "image_blocks": 3},
    },
    "targets": {"net": {"probe": "given", "layers": {"layer4": {}}}},
    "image_text_models": {"one": {"trained": "one"}},
}


def test_small_probes_are_one_block_if_nothing_is_said_and_large_ones_several():
    found = {name: image_blocks.n_blocks(CONFIG, name) for name in CONFIG["probes"]}
    assert found == {"val": 1, "large": 20, "auto": 2, "limited": 1, "given": 3}
    assert image_blocks.cut_probes(CONFIG) == {"large", "auto", "given"}


def test_blocks_lie_beside_what_is_put_together_from_them():
    whole = "results/net/layer4/activations.h5"
    of_target = SimpleNamespace(target="net", layer="layer4")
    folder = "results/net/layer4/image_blocks"
    assert image_blocks.blocks_of(CONFIG, of_target, whole) == [
        f"{folder}/{number}_of_3/activations.h5" for number in (1, 2, 3)
    ]
    assert image_blocks.blocks_of(CONFIG, SimpleNamespace(probe="val"), "results/a.h5") == []


def test_a_block_is_asked_for_by_a_number_that_there_is():
    assert image_blocks.block_number(CONFIG, SimpleNamespace(image_block="3", image_blocks="3")) == (3, 3)
    for number in ("0", "4"):
        with pytest.raises(LinexpError, match=f"{number} of 3 is not a block"):
            image_blocks.block_number(CONFIG, SimpleNamespace(image_block=number, image_blocks="3"))


def test_a_block_is_given_the_time_of_its_images():
    whole = SimpleNamespace(probe="large", image_text_model="one")
    block = SimpleNamespace(image_block="1", image_blocks="20", **vars(whole))
    of_whole, of_block = (resources.embedding_images(CONFIG, wildcards) for wildcards in (whole, block))
    assert of_block.memory == of_whole.memory
    assert of_block.seconds == pytest.approx(of_whole.seconds / 20, rel=1e-4)


@pytest.mark.parametrize("value", [0, 1001, "many", 1.5])
def test_another_number_is_refused(value):
    assert refusal(at("probes.scenes.image_blocks", value)).startswith("probes.scenes.image_blocks: ")


def test_training_images_are_not_cut():
    said = "training_sets.drawn.image_blocks: only images of probes are cut; take it out"
    assert refusal(at("training_sets.drawn.image_blocks", 2)) == said
