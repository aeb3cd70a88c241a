"""A damaged or misplaced artifact: the run stops and names it with a command, which mends it."""

import shlex
import shutil

import pytest

from helpers.running import differing

ASKED_FOR = "results/net/layer4/simulations/two/le_label.h5"
ACTIVATIONS = "results/net/layer4/activations.h5"


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


DAMAGE = {
    "a flipped bit in arrays": (ACTIVATIONS, lambda path, _: flip(path), "cannot be read as HDF5"),
    "another model's file": (
        ACTIVATIONS,
        lambda path, results: shutil.copy(results / "net_untrained/layer4/activations.h5", path),
        "was made as results/net_untrained/layer4/activations.h5",
    ),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_it_is_named_with_the_command_that_makes_it_again(case, finished, project):
    name, damage, words = DAMAGE[case]
    damage(project.folder / name, project.folder / "results")
    done = project.snakemake(ASKED_FOR)
    assert done.returncode != 0 and "Traceback" not in done.stdout
    assert done.stdout.strip().splitlines()[-1] == "At least one job did not complete successfully."
    assert "rules/common.smk" not in done.stdout
    (line,) = {line for line in done.stdout.splitlines() if line.startswith("linexp: ")}
    assert line.startswith(f"linexp: {name} {words}")
    command = line.partition("; make it again: ")[2]
    assert command == f"snakemake --cores all -f {name}"
    project.run(*shlex.split(command)[1:])
    project.run(ASKED_FOR)
    assert differing(project.artifacts(), finished.artifacts()) == []
