"""Data sets of the Hugging Face hub, fetched from one on this machine."""

import pytest
from huggingface_hub import constants

from helpers.hub_server import hub_of
from helpers.parquet_files import parquet, png
from linexp.artifacts import store
from linexp.errors import LinexpError
from linexp.probes import hub
from linexp.probes.sources import missing, open_source, paths

REVISION = "refs/convert/parquet"
ENTRY = {"repo": "somebody/animals", "split": "validation", "revision": REVISION}
PROVENANCE = store.Provenance("test", {}, "")


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What is asked of a hub with two subsets of a data set, one of which has its validation images in three files."""
    folder = tmp_path / "hub"
    for name, numbers in {
        "default/train/0000": [9],
        "default/validation/0000": [0, 1],
        "default/validation/0001": [2, 3],
        "default/validation/0002": [4],
        "small/train/0000": [8],
    }.items():
        path = folder / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet(path, numbers, [number % 2 for number in numbers], names=["cat", "dog"])
    with hub_of(folder, ENTRY["repo"], REVISION) as (address, asked):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield asked


def test_the_files_of_a_split_are_fetched_in_order_and_opened_with_their_class_names(tmp_path, asked):
    record = tmp_path / "files.json"
    found = hub.fetch(ENTRY, record.with_suffix(""))
    assert [(file["name"], file["rows"]) for file in found] == [
        (f"default/validation/{number:04d}.parquet", rows) for number, rows in enumerate((2, 2, 1))
    ]
    store.write_json(record, PROVENANCE, {"files": found})
    settings = {"kind": "huggingface", **ENTRY, "label": "label", "fetched": str(record)}
    assert paths(settings) == [str(record)] and missing(settings) is None
    source = open_source(settings)
    assert [source.content(row) for row in range(5)] == [png(row) for row in range(5)]
    assert source.labels.tolist() == [0, 1, 0, 1, 0] and list(source.class_names) == ["cat", "dog"]
    torn = tmp_path / "files" / found[1]["name"]
    torn.write_bytes(torn.read_bytes()[:-1])
    with pytest.raises(LinexpError, match=r"0001.parquet is not as it was fetched; delete .*files.json and run again"):
        open_source(settings)


def test_no_more_files_are_fetched_than_the_first_images_are_in(tmp_path, asked):
    assert len(hub.fetch(ENTRY | {"limit": 3}, tmp_path / "files")) == 2
    assert not any(path.startswith("GET") and path.endswith("0002.parquet") for path in asked)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "test"}, "somebody/animals: there is no split 'test'; give subset and split, of default/train, def"),
        ({"split": "train"}, "somebody/animals: several subsets have the split 'train'; give subset and split"),
        ({"split": "train", "subset": "large"}, "there is no split 'train'; give subset and split, of default/train"),
        ({"repo": "somebody/plants"}, r"probe: the data set somebody/plants cannot be downloaded \(.*\); run it where"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(tmp_path, asked, change, message):
    with pytest.raises(LinexpError, match=message) as caught:
        hub.fetch(ENTRY | change, tmp_path / "files")
    assert "\n" not in str(caught.value)


def test_one_of_several_subsets_can_be_named(tmp_path, asked):
    (file,) = hub.fetch(ENTRY | {"split": "train", "subset": "small"}, tmp_path / "files")
    assert file["name"] == "small/train/0000.parquet"
