"""A middle layer whose neurons are cut into blocks, through the rules: the same numbers, and only blocks run again."""

import h5py
import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.long
FOLDER = "results/net/layer3"
TABLES = (f"{FOLDER}/ablation.parquet", f"{FOLDER}/impact.parquet")
DISSECTION = f"{FOLDER}/dissections/network_dissection.h5"
EXPLANATIONS = f"{FOLDER}/explanations/network_dissection.parquet"
WANTED = (*TABLES, EXPLANATIONS)
CUT = ("sample_curves_block", "measure_impact_block", "dissect_block")
PAIRS = 1
MERGED = dict.fromkeys(("merge_ablation", "merge_impact", "merge_dissections", "explain_network_dissection"), 1)


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
    """A project with a layer that was worked on in one piece and then in two blocks, and what the one piece gave."""
    project = finished.copy(tmp_path_factory.mktemp("cut") / "project")
    config = project.config()
    config["methods"]["network_dissection"] = {"kind": "network_dissection", "top_fraction": 0.05}
    config["targets"]["net"] |= {"methods": ["le_label"], "controls": [], "neurons": "0:24"}
    config["targets"]["net"]["ablation"] = {"most_nodes": 17}
    project.configure(config)
    project.run(*WANTED)
    whole = contents(project)
    cut_into(project, 2)
    planned = project.planned(*WANTED)
    project.run(*WANTED)
    return project, whole, planned


def test_the_numbers_are_those_of_one_piece(cut):
    project, (tables, arrays), _ = cut
    merged_tables, merged_arrays = contents(project)
    assert set(tables[1]["neuron"]) == set(range(24)), "Top Impact is of the neurons that are explained"
    for table, merged in zip(tables, merged_tables, strict=True):
        assert len(table) > 20 and table.notna().any().all()
        pd.testing.assert_frame_equal(merged, table, check_exact=True)
    assert merged_arrays.keys() == arrays.keys() and len(arrays) == 5
    for name, values in arrays.items():
        np.testing.assert_array_equal(merged_arrays[name], values)


def test_every_block_has_a_file_with_its_own_neurons(cut):
    project, _, _ = cut
    blocks = [pd.read_parquet(project.folder / FOLDER / f"blocks/{number}_of_2/impact.parquet") for number in (1, 2)]
    numbers = [set(block["neuron"]) for block in blocks]
    assert all(numbers) and sum(map(len, numbers)) == len(set.union(*numbers))


def test_another_number_of_blocks_reruns_what_is_cut_and_what_follows(cut):
    project, _, planned = cut
    assert planned == dict.fromkeys(CUT, 2) | {"score_ablation_block": 2 * PAIRS} | MERGED
    assert project.planned(*WANTED) == {}
    cut_into(project, 1)
    whole = dict.fromkeys(("merge_ablation", "measure_impact", "dissect_network", "explain_network_dissection"), 1)
    assert project.planned(*WANTED) == whole, "the ablation of each method in one piece is still there"
    cut_into(project, 3)
    assert project.planned(*WANTED) == dict.fromkeys(CUT, 3) | {"score_ablation_block": 3 * PAIRS} | MERGED
    cut_into(project, 2)


def test_a_block_that_does_not_exist_is_refused(cut):
    project, _, _ = cut
    refused = project.plan(f"{FOLDER}/blocks/4_of_3/curves.h5")
    assert refused.status != 0 and "Traceback" not in refused.said
    assert refused.last == f"linexp: {FOLDER}/blocks: 4 of 3 is not a block"
