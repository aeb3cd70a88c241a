"""Stability as a whole run makes it: on demand, or with the whole workflow where a target asks for it."""

import numpy as np
import pyarrow.parquet as pq
import pytest

STABILITY = "results/net/layer4/stability/le_siglip.parquet"


@pytest.mark.long
def test_stability_is_made_of_explanations_and_shown_with_them(project):
    project.run(STABILITY)
    layer = project.folder / "results/net/layer4"
    found = pq.read_table(layer / "stability/le_siglip.parquet").to_pylist()
    explained = pq.read_table(layer / "explanations/le_siglip.parquet").to_pylist()
    for one, of_neuron in zip(found, explained, strict=True):
        assert [one[key] for key in ("neuron", "status", "concepts")] == [
            of_neuron[key] for key in ("neuron", "status", "concepts")
        ]
        for name in ("shares", "low", "high", "alternatives", "alternative_shares"):
            assert len(one[name]) == len(one["concepts"])
        assert (one["all_chosen"] is None) == (not one["concepts"])
        assert len(one["concepts"]) <= one["candidates"]
        for share, others in zip(one["shares"], one["alternative_shares"], strict=True):
            assert 0 <= share + sum(others) <= 1 + 1e-9
    shares = np.concatenate([one["shares"] for one in found])
    assert shares.mean() > 0.2, "by chance a concept would be one of some forty"


def test_it_is_made_with_the_whole_workflow_where_a_target_asks_for_it(project):
    assert "measure_stability" not in project.planned()
    config = project.config()
    config["targets"]["net"]["stability"] = True
    project.configure(config)
    linear = [name for name in config["targets"]["net"]["methods"] if name.startswith("le_")]
    assert project.planned() == {"measure_stability": len(linear), "make_report": 1}
