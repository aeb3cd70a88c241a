"""WebDataset shards: images read where they lie, labels beside them, and nothing from elsewhere."""

import io
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from helpers.parquet_files import pixels, png
from linexp.errors import LinexpError
from linexp.probes.sources import missing, open_source, possible_labels


def shard(path: Path, files: dict[str, bytes], mode: str = "w", format: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, mode, format=format) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def entry(*files, **further) -> dict:
    return {"kind": "webdataset", "files": list(map(str, files)), "image": "png", **further}


@pytest.fixture
def shards(tmp_path):
    """Two shards of three and two images with classes, and with files that nobody asks for."""
    for number, rows in enumerate(([0, 1, 2], [3, 4])):
        files = {}
        for row in rows:
            files |= {f"photos/{row:03d}.cls": f"{row % 2}\n".encode(), f"photos/{row:03d}.png": png(row)}
            files[f"photos/{row:03d}.json"] = b"{}"
        shard(tmp_path / f"val-{number:02d}.tar", files)
    return tmp_path


def test_images_are_read_in_order_and_from_many_threads(shards):
    source = open_source(entry(shards / "val-{00..01}.tar", label="cls", class_names=["cat", "dog"]))
    assert source.keys == [f"val-{number // 3:02d}/photos/{number:03d}" for number in range(5)]
    assert source.labels.tolist() == [0, 1, 0, 1, 0] and source.labels.dtype == np.int32
    rows = [4, 0, 3, 1, 2] * 20
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(source.content, rows)) == [png(row) for row in rows]
    np.testing.assert_array_equal(np.asarray(source.image(3)), pixels(3))


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_dots_in_folders_are_no_matter(tmp_path, format):
    folder = "a.b/" + "c" * 90
    source = open_source(entry(shard(tmp_path / "x.tar", {f"{folder}/1.png": png(7)}, format=format)))
    assert source.keys == [f"x/{folder}/1"] and source.content(0) == png(7)


def test_classes_by_name_are_numbered_by_the_alphabet_or_by_the_class_names(tmp_path):
    files = {"1.png": png(1), "1.txt": b"dog", "2.png": png(2), "3.png": png(3), "3.txt": b"cat\n"}
    settings = entry(shard(tmp_path / "x.tar", files), label="txt")
    source = open_source(settings)
    assert (source.labels.tolist(), list(source.class_names)) == ([1, -1, 0], ["cat", "dog"])
    source = open_source(settings | {"class_names": ["dog", "Cat"]})
    assert source.labels.tolist() == [0, -1, 1]
    assert possible_labels(settings) == {"classes"} and possible_labels(entry("x.tar")) == set()


@pytest.mark.parametrize(
    ("label", "labels", "names"),
    [
        ("json.class", [1, 0, -1, -1], ["cat", "dog"]),
        ("json.meta.id", [1, 0, -1, 1], ["cat", "dog"]),
        ("json.class", [0, 1, -1, -1], ["dog", "cat"]),
    ],
)
def test_labels_are_under_a_key_of_json(tmp_path, label, labels, names):
    entries = [{"class": "dog", "meta": {"id": 1}}, {"class": "cat", "meta": {"id": 0}}, None, {"class": None}]
    entries[3]["meta"] = {"id": 1, "further": [1.5]}
    files = {}
    for row, content in enumerate(entries):
        files[f"{row}.png"] = png(row)
        files |= {f"{row}.json": json.dumps(content).encode()} if content else {}
    source = open_source(entry(shard(tmp_path / "x.tar", files), label=label, class_names=names))
    assert (source.labels.tolist(), list(source.class_names)) == (labels, names)


def test_a_file_that_ends_like_a_key_of_json_is_the_label(tmp_path):
    path = shard(tmp_path / "x.tar", {"1.png": png(1), "1.json.class": b"dog", "1.json": b'{"class": "cat"}'})
    assert list(open_source(entry(path, label="json.class")).class_names) == ["dog"]


@pytest.mark.parametrize(
    ("label", "content", "message"),
    [
        ("json", b'{"class": 1}', r'x.tar: 1.json has {"class": 1} under json; give the key .*, such as json.class'),
        ("json.a", b'{"a": 1.5}', r"x.tar: 1.json has 1.5 under json.a; give the key of a class number or name"),
        ("json.a", b'{"a": true}', r"x.tar: 1.json has true under json.a"),
        ("json.a", b'{"a": [3]}', r"x.tar: 1.json has \[3\] under json.a"),
        ("json.a", b"{'a': 3}", r"x.tar: 1.json is not JSON \(.*\); correct label, or replace the shard"),
        ("json.b", b'{"a": 3}', r"x.tar has nothing under json.b; correct label"),
        ("json.a.b", b'{"a": 3}', r"x.tar has nothing under json.a.b; correct label"),
        ("json.a", b'{"a": 3}', r"x.tar: the labels are numbers, such as 3; give class_names"),
    ],
)
def test_what_is_no_label_in_json_is_told(tmp_path, label, content, message):
    path = shard(tmp_path / "x.tar", {"1.png": png(1), "1.json": content})
    with pytest.raises(LinexpError, match=message):
        open_source(entry(path, label=label))


def test_links_and_other_endings_are_passed_over(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(9))
    path = shard(tmp_path / "x.tar", {"1.png": png(1), "2.gif": b"GIF"})
    with tarfile.open(path, "a") as tar:
        for kind, name in ((tarfile.SYMTYPE, "3.png"), (tarfile.LNKTYPE, "4.png")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, str(secret)
            tar.addfile(link)
        outside = tarfile.TarInfo("../../secret.png")
        outside.size = len(png(5))
        tar.addfile(outside, io.BytesIO(png(5)))
    source = open_source(entry(path))
    assert source.keys == ["x/1", "x/../../secret"], "a key is a name, and opens nothing"
    assert [source.content(row) for row in range(2)] == [png(1), png(5)]
    assert source.remarks() == ["without an image and passed over: 1 samples"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image": "jpg;jpeg"}, r"x.tar has no images that end in jpg, jpeg; it has cls, png"),
        ({"label": "txt"}, r"x.tar has no files that end in txt; correct label, or take it out"),
        ({"label": "cls"}, r"x.tar: the labels are numbers, such as 1; give class_names"),
        ({"label": "cls", "class_names": ["cat"]}, r"image x/1 has label 1, but there are 1 class names"),
        ({"label": "png", "class_names": ["cat"]}, r"x.tar: 1.png is not text; correct label"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path, settings, message):
    path = shard(tmp_path / "x.tar", {"1.cls": b"1", "1.png": png(1)})
    with pytest.raises(LinexpError, match=message):
        open_source(entry(path, **settings))


def test_shards_that_are_compressed_cut_off_or_not_there_are_told(tmp_path):
    whole = shard(tmp_path / "x.tar", {"1.png": png(1), "2.png": png(2)})
    packed = shard(tmp_path / "y.tar", {"1.png": png(1)}, "w:gz")
    torn = tmp_path / "torn.tar"
    torn.write_bytes(whole.read_bytes()[:700])
    for path in (packed, torn):
        with pytest.raises(LinexpError, match=rf"{path.name} cannot be read as tar \(.*\); replace it, or unpack it"):
            open_source(entry(path))
    assert "no.tar does not exist; give the place of the shards" in missing(entry(tmp_path / "no.tar"))
