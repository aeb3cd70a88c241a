"""Which layers the index is made from."""

from pathlib import Path

import pytest

from helpers.configs import SCHEMA, small
from linexp.config.checks import checked
from linexp.errors import LinexpError
from linexp.paper.tables import paper_tables
from linexp.planning import index_files


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return checked(small(), SCHEMA)


def make(*names: str) -> None:
    for name in names:
        Path("results", name).parent.mkdir(parents=True, exist_ok=True)
        Path("results", name).touch()


def test_the_layers_are_those_whose_scores_and_summaries_are_there(config):
    make("net/layer4/scores.parquet", "net/layer4/summary.csv", "net/layer4/report/index.html")
    make("unknown/layer4/scores.parquet", "unknown/layer4/summary.csv", "calibration/two.json")
    files, (told,) = index_files.files(paper_tables(), config, None), index_files.told(config, None)
    methods = config["targets"]["net"]["methods"]
    assert files["scores"] == ["results/net/layer4/scores.parquet"]
    assert files["explanations"] == [f"results/net/layer4/explanations/{method}.parquet" for method in methods]
    assert files["calibrations"] == ["results/calibration/two.json"] and index_files.models(config, None) == ["two"]
    assert files["tables"] == index_files.captions(paper_tables(), config, None) == []
    make("tables/table_01.csv")
    assert index_files.files(paper_tables(), config, None)["tables"] == ["results/tables/table_01.csv"]
    assert index_files.captions(paper_tables(), config, None) == [f"Table 1: {paper_tables()[1].caption}"]
    assert list(told["titles"]) == methods and told["main"] in methods
    assert told["report"] == "net/layer4/report/index.html"


def test_a_layer_whose_summary_is_missing_is_not_finished_and_if_none_is_the_message_says_how_to_get_one(config):
    make("net/layer4/scores.parquet")
    with pytest.raises(
        LinexpError, match=r"^results/index.html: no layer is finished; make one: snakemake --cores all"
    ):
        index_files.files({}, config, None)
