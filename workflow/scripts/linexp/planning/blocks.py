"""Blocks of the neurons of a layer, where a target sets `neuron_blocks`."""

from collections.abc import Callable

from ..config.checks import Config
from ..errors import LinexpError
from .inputs import target_of


def cut_targets(config: Config) -> set[str]:
    """The targets whose layers are cut into blocks."""
    return {name for name, target in config["targets"].items() if target["neuron_blocks"] > 1}


def block_number(_config: Config, wildcards) -> tuple[int, int]:
    """Which block of how many: 1 is the first.

    Raises
    ------
    LinexpError
        There is no such block.
    """
    number, blocks = int(wildcards.block), int(wildcards.blocks)
    if not 1 <= number <= blocks:
        place = f"results/{wildcards.target}/{wildcards.layer}/blocks"
        raise LinexpError(f"{place}: {number} of {blocks} is not a block")
    return number, blocks


def blocks_of(name: str) -> Callable:
    """A function that gives the files of all blocks of a layer, in their order.

    Parameters
    ----------
    name
        Of a file in the folder of a block; it may have wildcards in braces.
    """

    def files(config: Config, wildcards) -> list[str]:
        blocks = target_of(config, wildcards)["neuron_blocks"]
        folder = f"results/{wildcards.target}/{wildcards.layer}/blocks"
        return [f"{folder}/{n}_of_{blocks}/{name.format(**vars(wildcards))}" for n in range(1, blocks + 1)]

    return files
