"""Blocks of the neurons of a layer, where a target sets `neuron_blocks`, and what ablation has in each."""

from collections.abc import Callable

from ..config.checks import Config
from ..errors import LinexpError
from .inputs import of_layer, scored_pairs, target_of


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


def curves_of(_config: Config, wildcards) -> str:
    """The loss curves of a layer, or of the block of it that the wildcards name."""
    if not hasattr(wildcards, "block"):
        return of_layer(wildcards, "curves.h5")
    return of_layer(wildcards, f"blocks/{wildcards.block}_of_{wildcards.blocks}/curves.h5")


def ablation_parts(config: Config, wildcards) -> list[str]:
    """The ablation scores of all scored pairs, in their order, and of each pair those of all blocks."""
    names = [f"ablation/{simulator}/{method}.parquet" for method, simulator in scored_pairs(config, wildcards)]
    if wildcards.target in cut_targets(config):
        return [file for name in names for file in blocks_of(name)(config, wildcards)]
    return [of_layer(wildcards, name) for name in names]
