"""Blocks of the images of a probe, where it sets `image_blocks`, and the artifacts that are put together from them.

Each block is a file and a job of its own, and one more job puts them together into the file that everything else reads.
So nobody but that job knows of blocks, every reader is as simple as before, and the file is the same whatever their
number, down to its identity; blocks are removed when it is there. For that hour the disk holds both. A reader over many
files would save that, but each reader would need it, all jobs downstream would have other inputs by other numbers of
blocks, and a thousand open files is what shared file systems are worst at.
"""

from math import ceil
from pathlib import PurePath

from ..config.checks import Config
from ..errors import LinexpError
from . import work_sizes
from .inputs import target_of

SCRIPTS = ("embed_images", "record_activations", "record_outputs", "embed_places")
"""Those that make an artifact of all images, or of a block of them, or put it together from blocks."""
WILDCARD = "image_block"
IMAGES_A_BLOCK = 65_536
"""With `auto`: an hour on the paper's GPU, so ImageNet's validation set is one block and its training images are 20."""


def n_blocks(config: Config, probe: str) -> int:
    """Into how many blocks the images of a probe are cut, by what the configuration alone says of their number."""
    entry = config["probes"][probe]
    given = entry.get("image_blocks", "auto")
    return ceil(work_sizes.n_images(entry) / IMAGES_A_BLOCK) if given == "auto" else given


def cut_probes(config: Config) -> set[str]:
    """The probes whose images are cut into blocks."""
    return {name for name in config["probes"] if n_blocks(config, name) > 1}


def blocks_of(config: Config, wildcards, whole: str) -> list[str]:
    """The blocks that an artifact is to be put together from, in their order; none where it is made in one piece."""
    probe = wildcards.probe if hasattr(wildcards, "probe") else target_of(config, wildcards)["probe"]
    n, path = n_blocks(config, probe), PurePath(whole)
    names = (f"image_blocks/{number}_of_{n}/{path.name}" for number in range(1, n + 1))
    return [(path.parent / name).as_posix() for name in names] if n > 1 else []


def block_number(_config: Config, wildcards) -> tuple[int, int]:
    """Which block of how many: 1 is the first.

    Raises
    ------
    LinexpError
        There is no such block.
    """
    number, blocks = int(wildcards.image_block), int(wildcards.image_blocks)
    if not 1 <= number <= blocks:
        raise LinexpError(f"image_blocks: {number} of {blocks} is not a block")
    return number, blocks
