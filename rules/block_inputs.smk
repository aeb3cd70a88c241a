cut_targets = {name for name, target in config["targets"].items() if target["neuron_blocks"] > 1}
uncut_targets = set(config["targets"]) - cut_targets


def block_number(wildcards):
    """Which block of how many: 1 is the first, or a stop if there is no such block."""
    number, blocks = int(wildcards.block), int(wildcards.blocks)
    if not 1 <= number <= blocks:
        stop(f"results/{wildcards.target}/{wildcards.layer}/blocks: {number} of {blocks} is not a block")
    return number, blocks


def blocks_of(name):
    """An input function: the files of all blocks of a layer, in their order; `name` may have wildcards in braces."""

    def files(wildcards):
        blocks = target_of(wildcards)["neuron_blocks"]
        folder = f"results/{wildcards.target}/{wildcards.layer}/blocks"
        return [
            f"{folder}/{number}_of_{blocks}/{name.format(**wildcards)}" for number in range(1, blocks + 1)
        ]

    return files
