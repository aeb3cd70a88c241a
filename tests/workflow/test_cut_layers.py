"""A middle layer whose neurons are cut into blocks, through the rules: the same numbers, and only blocks run again."""

import h5py
import numpy as np
import pandas as pd
import pytest

FOLDER = "results/net/layer3"
TABLES = (f"{FOLDER}/ablation.parquet", f"{FOLDER}/impact.parquet")
DISSECTION = f"{FOLDER}/dissections/network_dissection.h5"
CUT = {"score_ablation_block": 3, "measure_impact_block": 3, "dissect_block": 3}
MERGES = {"merge_ablation": 1, "merge_impact": 1, "merge_dissections": 1}
AFTER_DISSECTION = {"explain_network_dissection": 1, "embed_explanations": 1, "simulate": 1}


def cut_into(project, blocks):
    config = project.config()
    config["targets"]["net"]["neuron_blocks"] = blocks
    project.configure(config)


def contents(project):
    tables = [pd.read_parquet(project.folder / path) for path in TABLES]
    with h5py.File(project.folder / DISSECTION) as file:
        return tables, {name: file[name][...] for name in file}


@pytest.fixture(scope="module")
def cut(finished, tmp_path_factory):
    """A project with a layer that was worked on in one piece and then in three blocks, and what the one piece gave."""
    project = finished.copy(tmp_path_factory.mktemp("cut") / "project")
    config = project.config()
    config["methods"]["network_dissection"] = {"kind": "network_dissection", "top_fraction": 0.05}
    config["targets"]["net"] |= {"methods": ["le_label", "network_dissection"], "controls": []}
    project.configure(config)
    project.run(*TABLES, DISSECTION)
    whole = contents(project)
    cut_into(project, 3)
    planned = project.planned(*TABLES, DISSECTION)
    project.run(*TABLES, DISSECTION)
    return project, whole, planned


def test_the_numbers_are_those_of_one_piece(cut):
    project, (tables, arrays), _ = cut
    merged_tables, merged_arrays = contents(project)
    for table, merged in zip(tables, merged_tables, strict=True):
        assert len(table) > 90 and table.notna().any().all()
        pd.testing.assert_frame_equal(merged, table, check_exact=True)
    assert merged_arrays.keys() == arrays.keys() and len(arrays) == 5
    for name, values in arrays.items():
        np.testing.assert_array_equal(merged_arrays[name], values)


def test_every_block_has_a_file_with_its_own_neurons(cut):
    project, _, _ = cut
    blocks = [pd.read_parquet(project.folder / FOLDER / f"blocks/{number}_of_3/impact.parquet") for number in (1, 2, 3)]
    numbers = [set(block["neuron"]) for block in blocks]
    assert all(numbers) and sum(map(len, numbers)) == len(set.union(*numbers))


def test_another_number_of_blocks_reruns_what_is_cut_and_what_follows(cut):
    project, _, planned = cut
    assert planned == CUT | MERGES | AFTER_DISSECTION
    assert project.planned(*TABLES, DISSECTION) == {}
    cut_into(project, 1)
    whole = {"score_ablation": 1, "measure_impact": 1, "dissect_network": 1}
    assert project.planned(*TABLES, DISSECTION) == whole | AFTER_DISSECTION
    cut_into(project, 2)
    assert project.planned(*TABLES, DISSECTION) == dict.fromkeys(CUT, 2) | MERGES | AFTER_DISSECTION
    cut_into(project, 3)


def test_a_block_that_does_not_exist_is_refused(cut):
    project, _, _ = cut
    done = project.snakemake("--dry-run", f"{FOLDER}/blocks/4_of_3/ablation.parquet")
    assert done.returncode != 0 and "Traceback" not in done.stdout
    assert done.stdout.splitlines()[-1] == f"linexp: {FOLDER}/blocks: 4 of 3 is not a block"
