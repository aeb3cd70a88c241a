"""A damaged or misplaced artifact: the run stops and names it with a command that mends it, or mends it by itself."""

import shlex
import shutil

from helpers.running import differing

ASKED_FOR = "results/net/layer4/simulations/two/le_label.h5"
ACTIVATIONS = "results/net/layer4/activations.h5"


def test_a_flipped_bit_in_arrays_is_named_with_the_command_that_makes_the_file_again(finished, project):
    path = project.folder / ACTIVATIONS
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    done = project.snakemake(ASKED_FOR)
    assert done.returncode != 0 and "Traceback" not in done.stdout
    assert done.stdout.strip().splitlines()[-1] == "At least one job did not complete successfully."
    assert "rules/common.smk" not in done.stdout
    (line,) = {line for line in done.stdout.splitlines() if line.startswith("linexp: ")}
    assert line.startswith(f"linexp: {ACTIVATIONS} cannot be read as HDF5")
    command = line.partition("; make it again: ")[2]
    assert command == f"snakemake --cores all -f {ACTIVATIONS}"
    project.run(*shlex.split(command)[1:])
    project.run(ASKED_FOR)
    assert differing(project.artifacts(), finished.artifacts()) == []


def test_another_model_s_file_is_made_again(finished, project):
    shutil.copy(project.folder / "results/net_untrained/layer4/activations.h5", project.folder / ACTIVATIONS)
    said = project.run(ASKED_FOR)
    assert f"linexp: {ACTIVATIONS} is made again, reason: it does not say how it was made" in said
    assert differing(project.artifacts(), finished.artifacts()) == []
