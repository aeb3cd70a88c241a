"""Image sources: the right bytes, keys, classes and names, and a reason in one line where they cannot be had."""

import hashlib
import io
import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torchvision
from PIL import Image

from linexp.errors import LinexpError
from linexp.probes.kinds import FolderImages, ParquetImages
from linexp.probes.sources import missing, open_source, paths

HF_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def picture(number: int, mode: str = "RGB", size: tuple[int, int] = (9, 7)) -> Image.Image:
    rng = np.random.default_rng(number)
    channels = {"RGB": 3, "RGBA": 4, "CMYK": 4, "L": 1}.get(mode, 3)
    values = rng.integers(0, 256, (size[1], size[0], channels), np.uint8).squeeze()
    return Image.fromarray(values, mode if mode in ("RGBA", "CMYK", "L") else "RGB").convert(mode)


def png(number: int, **kwargs) -> bytes:
    buffer = io.BytesIO()
    picture(number, **kwargs).save(buffer, "PNG")
    return buffer.getvalue()


def pixels(number: int) -> np.ndarray:
    return np.asarray(picture(number))


def parquet(path: Path, numbers, labels=None, binary=False, group=1000, names=None, contents=None, **columns) -> str:
    contents = contents or [png(number) for number in numbers]
    if binary:
        table = {"image": pa.array(contents, pa.binary())}
    else:
        table = {"image": pa.array([{"bytes": c, "path": None} for c in contents], HF_IMAGE)}
    if labels is not None:
        table["label"] = labels if isinstance(labels, pa.Array) else pa.array(labels, pa.int64())
    table = pa.table(table | columns)
    if names:
        features = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    pq.write_table(table, path, row_group_size=group)
    return str(path)


def entry(*files: str, **further) -> dict:
    return {"kind": "parquet", "files": list(files), "image": "image", **further}


def refusal(settings: dict, class_names=None) -> str:
    with pytest.raises(LinexpError) as caught:
        open_source(settings | {"class_names": class_names})
    message = str(caught.value)
    assert "\n" not in message and ";" in message
    return message


# --- Parquet


@pytest.mark.parametrize("binary", [False, True])
def test_parquet_files_give_their_images_in_order(tmp_path, binary):
    one = parquet(tmp_path / "one.parquet", range(5), [0, 1, 0, 1, 1], binary, group=2)
    two = parquet(tmp_path / "two.parquet", range(5, 12), [1] * 7, binary, group=3)
    source = open_source(entry(one, two, label="label") | {"class_names": ["cat", "dog"]})
    assert len(source) == 12
    assert list(source.keys) == [f"row{row:08d}" for row in range(12)]
    assert source.labels.tolist() == [0, 1, 0, 1, 1] + [1] * 7
    assert source.labels.dtype == np.int32
    for row in (11, 0, 4, 5, 2, 7, 8, 10, 1):
        assert source.content(row) == png(row)
        image = source.image(row)
        assert image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), pixels(row))


def test_empty_files_and_files_among_others_are_skipped(tmp_path):
    files = [parquet(tmp_path / f"{n}.parquet", numbers, []) for n, numbers in enumerate([[], []])]
    full = parquet(tmp_path / "full.parquet", [3, 4], [0, 0])
    source = open_source(entry(files[0], full, files[1], label="label") | {"class_names": ["cat"]})
    assert [source.content(row) for row in range(2)] == [png(3), png(4)]
    assert "holds no images; give the place" in refusal(entry(files[0], label="label"), ["cat"])


def test_class_names_come_from_the_hugging_face_metadata(tmp_path):
    file = parquet(tmp_path / "a.parquet", range(3), [2, 0, -1], names=["ant", "bee", "cow"])
    assert list(open_source(entry(file, label="label")).class_names) == ["ant", "bee", "cow"]
    assert list(open_source(entry(file, label="label") | {"class_names": ["x", "y", "z"]}).class_names) == [
        "x",
        "y",
        "z",
    ]


def test_class_names_that_nobody_gives_are_asked_for(tmp_path):
    file = parquet(tmp_path / "a.parquet", range(2), [0, 1])
    assert f"{file} does not name its classes; give class_names" in refusal(entry(file, label="label"))


def test_without_a_label_column_no_image_has_a_class(tmp_path):
    source = open_source(entry(parquet(tmp_path / "a.parquet", range(3), [0, 1, 2], names=["a", "b", "c"])))
    assert source.labels.tolist() == [-1, -1, -1]
    assert list(source.class_names) == []


@pytest.mark.parametrize("kind", [pa.int8(), pa.int32(), pa.int64(), pa.uint8()])
def test_labels_are_read_from_any_integer_column(tmp_path, kind):
    file = parquet(tmp_path / "a.parquet", range(3), pa.array([1, None, 0], kind))
    assert open_source(entry(file, label="label") | {"class_names": ["cat", "dog"]}).labels.tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    "labels",
    [pa.array(["cat", "dog"]), pa.array([0.0, 1.0]), pa.array([[0], [1]]), pa.array(["a", "b"]).dictionary_encode()],
)
def test_labels_that_are_no_class_numbers_are_refused(tmp_path, labels):
    file = parquet(tmp_path / "a.parquet", range(2), labels)
    message = refusal(entry(file, label="label"), ["cat", "dog"])
    assert f"{file}: column 'label' has {str(labels.type)[:4]}" in message
    assert "it has to have class numbers" in message


@pytest.mark.parametrize("label", [2, 2**40])
def test_a_label_beyond_the_class_names_is_refused(tmp_path, label):
    file = parquet(tmp_path / "a.parquet", range(2), [0, label])
    message = refusal(entry(file, label="label"), ["cat", "dog"])
    assert "image row00000001 has label 2" in message and "there are 2 class names; give one for each" in message


@pytest.mark.parametrize("column", ["image", "label", "concepts"])
def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path, column):
    file = parquet(tmp_path / "a.parquet", range(2), [0, 1], concepts=pa.array([["a"], ["b"]]))
    names = {"image": "image", "label": "label", "concepts": "concepts"} | {column: "picture"}
    message = refusal(entry(file) | names, ["cat", "dog"])
    assert message == f"{file} has no column 'picture'; it has image, label, concepts"


def test_columns_of_further_concepts_are_read(tmp_path):
    file = parquet(tmp_path / "a.parquet", range(3), [0, 0, 0], group=1, concepts=pa.array([["red"], None, ["a", "b"]]))
    assert list(open_source(entry(file, label="label", concepts="concepts") | {"class_names": ["cat"]}).concepts) == [
        ["red"],
        [],
        ["a", "b"],
    ]


def test_columns_without_images_or_concepts_are_refused(tmp_path):
    file = parquet(
        tmp_path / "a.parquet", range(2), [0, 1], words=pa.array(["a", "b"]), paths=pa.array([{"path": "x"}] * 2)
    )
    for column in ("words", "paths", "label"):
        message = refusal(entry(file) | {"image": column})
        assert f"column '{column}' has" in message and "it has to have bytes, or struct<bytes, path>" in message
    assert "column 'words' has string; it has to have lists of text" in refusal(entry(file, concepts="words"))


@pytest.mark.parametrize("null", [None, {"bytes": None, "path": "elsewhere.png"}])
def test_an_image_without_bytes_is_named(tmp_path, null):
    column = pa.array([{"bytes": png(0), "path": None}, null], HF_IMAGE)
    pq.write_table(pa.table({"image": column}), tmp_path / "a.parquet")
    source = open_source(entry(str(tmp_path / "a.parquet")))
    assert source.content(0) == png(0)
    with pytest.raises(LinexpError, match="image row00000001 has no bytes; remove the row"):
        source.image(1)


def test_a_file_that_is_not_parquet_is_named(tmp_path):
    (tmp_path / "a.parquet").write_text("no")
    assert f"{tmp_path / 'a.parquet'} cannot be read as Parquet" in refusal(entry(str(tmp_path / "a.parquet")))
    whole = Path(parquet(tmp_path / "b.parquet", range(9), [0] * 9))
    whole.write_bytes(whole.read_bytes()[:-20])
    assert f"{whole} cannot be read as Parquet" in refusal(entry(str(whole)))
    (tmp_path / "folder.parquet").mkdir()
    assert "folder.parquet cannot be read as Parquet" in refusal(entry(str(tmp_path / "folder.parquet")))


def test_random_access_from_several_threads_gives_the_right_bytes(tmp_path):
    files = [parquet(tmp_path / f"{n}.parquet", range(20 * n, 20 * n + 20), group=3) for n in range(3)]
    source = ParquetImages(files)
    rows = np.random.default_rng(0).integers(0, 60, 600).tolist()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(source.content, rows))
    expected = [png(number) for number in range(60)]
    assert all(content == expected[row] for row, content in zip(rows, found, strict=True))


# --- damaged and unusual images


def of_contents(tmp_path, *contents: bytes):
    return open_source(entry(parquet(tmp_path / "c.parquet", None, contents=list(contents))))


@pytest.mark.parametrize("keep", [0, 4, 30, -30])
def test_a_damaged_image_is_named(tmp_path, keep):
    source = of_contents(tmp_path, png(0), png(1)[:keep], png(2)[:40] + b"\x00" * 40 + png(2)[80:])
    source.image(0)
    for row in (1, 2):
        with pytest.raises(LinexpError, match=f"image row0000000{row} .*; repair or remove it") as caught:
            source.image(row)
        assert "\n" not in str(caught.value) and "0x" not in str(caught.value)


def test_an_image_of_absurd_size_is_refused(tmp_path, monkeypatch):
    source = of_contents(tmp_path, png(0))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(LinexpError, match=r"row00000000 cannot be decoded .*DecompressionBombError"):
        source.image(0)


def test_images_with_16_bits_a_channel_are_refused_rather_than_read_as_white(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(np.full((4, 4), 30000, np.uint16)).save(buffer, "PNG")
    with pytest.raises(LinexpError, match=r"row00000000 cannot be decoded .*more than 8 bits a channel"):
        of_contents(tmp_path, buffer.getvalue()).image(0)


@pytest.mark.parametrize(
    ("mode", "suffix"), [("L", "PNG"), ("RGBA", "PNG"), ("P", "GIF"), ("CMYK", "TIFF"), ("1", "PNG")]
)
def test_images_of_other_modes_become_rgb(tmp_path, mode, suffix):
    image = picture(3, mode)
    image.save(tmp_path / f"a.{suffix}")
    (read,) = [FolderImages(tmp_path).image(0)]
    assert (read.mode, read.size) == ("RGB", (9, 7))
    if mode == "RGBA":
        colours, opacity = np.split(np.asarray(image, float), [3], axis=-1)
        expected = 255 + (colours - 255) * opacity / 255
        np.testing.assert_allclose(np.asarray(read, float), expected, atol=1)
        return
    np.testing.assert_array_equal(np.asarray(read), np.asarray(image.convert("RGB")))
    if mode == "L":
        assert (np.asarray(read) == np.asarray(image)[..., None]).all()


# --- folders


def fill(root: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(number).save(path, {".JPG": "JPEG"}.get(path.suffix, path.suffix[1:].upper()))
    return root


def folder(root: Path, **further) -> dict:
    return {"kind": "image_folder", "root": str(root), **further}


def test_class_folders_are_numbered_in_the_order_of_their_names(tmp_path):
    root = fill(tmp_path, "n02/b.png", "n01/z.png", "n10/a.png", "n02/a.png")
    source = open_source(folder(root))
    assert list(source.keys) == ["n01/z.png", "n02/a.png", "n02/b.png", "n10/a.png"]
    assert source.labels.tolist() == [0, 1, 1, 2]
    assert source.labels.dtype == np.int32
    assert list(source.class_names) == ["n01", "n02", "n10"]
    assert open_source(folder(root) | {"class_names": ["tench", "goldfish", "shark"]}).class_names == [
        "tench",
        "goldfish",
        "shark",
    ]
    for row, number in enumerate([1, 3, 0, 2]):
        np.testing.assert_array_equal(np.asarray(source.image(row)), pixels(number))


def test_folders_in_class_folders_belong_to_the_class(tmp_path):
    source = open_source(folder(fill(tmp_path, "cat/2020/a.png", "cat/b.png", "dog/x/y/c.png")))
    assert list(source.keys) == ["cat/2020/a.png", "cat/b.png", "dog/x/y/c.png"]
    assert source.labels.tolist() == [0, 0, 1]


def test_a_flat_folder_has_images_without_classes(tmp_path):
    source = open_source(folder(fill(tmp_path, "b.png", "a.bmp")))
    assert list(source.keys) == ["a.bmp", "b.png"]
    assert source.labels.tolist() == [-1, -1]
    assert list(source.class_names) == []


def test_suffixes_may_be_upper_case_and_other_files_are_passed_over(tmp_path):
    root = fill(tmp_path, "cat/a.PNG", "cat/b.JPG")
    (root / "cat" / "notes.txt").write_text("x")
    (root / "README.md").write_text("x")
    assert list(open_source(folder(root)).keys) == ["cat/a.PNG", "cat/b.JPG"]


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    root = fill(tmp_path, "cat/a.png", ".thumbs/a.png", "cat/.trash/a.png", "cat/._a.png", "._b.png")
    source = open_source(folder(root))
    assert (list(source.keys), list(source.class_names)) == (["cat/a.png"], ["cat"])


def test_images_beside_class_folders_are_refused(tmp_path):
    message = refusal(folder(fill(tmp_path, "cat/a.png", "b.png")))
    assert message == f"{tmp_path} has both class folders and images such as b.png; move the images away"


def test_a_class_folder_without_images_is_refused(tmp_path):
    (fill(tmp_path, "cat/a.png") / "dog").mkdir()
    assert refusal(folder(tmp_path)) == f"{tmp_path / 'dog'} has no images; remove the folder or fill it"


def test_an_empty_folder_is_refused(tmp_path):
    assert f"{tmp_path} holds no images; put the images there" in refusal(folder(tmp_path))


def test_class_names_have_to_be_as_many_as_folders(tmp_path):
    message = refusal(folder(fill(tmp_path, "cat/a.png", "dog/b.png")), ["cat"])
    assert f"{tmp_path} has 2 class folders, but 1 class names are given; there has to be one name a folder" in message
    flat = fill(tmp_path / "flat", "a.png")
    assert "has 0 class folders, but 2 class names are given" in refusal(folder(flat), ["cat", "dog"])


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    fill(tmp_path, "a.png")
    assert f"{tmp_path / 'a.png'} is not a folder; give the folder" in refusal(folder(tmp_path / "a.png"))


def test_an_image_that_has_gone_is_named(tmp_path):
    source = open_source(folder(fill(tmp_path, "cat/a.png", "cat/b.png")))
    (tmp_path / "cat" / "b.png").unlink()
    for read in (source.content, source.image):
        with pytest.raises(LinexpError, match=r"image cat/b.png cannot be read \(No such file.*; repair or remove it"):
            read(1)


# --- CIFAR-100


@pytest.fixture
def cifar100(tmp_path, monkeypatch):
    """Five images in torchvision's layout, under MD5 sums that torchvision takes for its own."""
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, (5, 3, 32, 32), np.uint8)
    names = [f"class_{number}" for number in range(100)]
    contents = {
        "train": {"data": values.reshape(5, -1)[:1], "fine_labels": [0]},
        "test": {"data": values.reshape(5, -1), "fine_labels": [3, 99, 0, 3, 7]},
        "meta": {"fine_label_names": names},
    }
    sums = {}
    for name, content in contents.items():
        (folder / name).write_bytes(pickle.dumps(content))
        sums[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
    dataset = torchvision.datasets.CIFAR100
    monkeypatch.setattr(dataset, "train_list", [["train", sums["train"]]])
    monkeypatch.setattr(dataset, "test_list", [["test", sums["test"]]])
    monkeypatch.setattr(dataset, "meta", dataset.meta | {"md5": sums["meta"]})
    return tmp_path, values.transpose(0, 2, 3, 1)


def test_cifar100_gives_the_test_images_with_their_classes(cifar100):
    root, values = cifar100
    source = open_source({"kind": "cifar100", "root": str(root)})
    assert list(source.keys) == [f"row{row:08d}" for row in range(5)]
    assert source.labels.tolist() == [3, 99, 0, 3, 7]
    assert source.class_names[:2] == ["class 0", "class 1"] and len(source.class_names) == 100
    for row in range(5):
        np.testing.assert_array_equal(np.asarray(source.image(row)), values[row])
        assert source.content(row) == values[row].tobytes()


@pytest.mark.parametrize("name", ["test", "train", "meta"])
def test_cifar100_with_a_wrong_sum_is_refused(cifar100, name):
    root, _ = cifar100
    with (root / "cifar-100-python" / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(LinexpError, match=r"not found or corrupted; get it with torchvision") as caught:
        open_source({"kind": "cifar100", "root": str(root)})
    assert str(root) in str(caught.value) and "\n" not in str(caught.value)


# --- all kinds


@pytest.mark.parametrize(("limit", "n"), [(1, 1), (3, 3), (99, 4)])
def test_a_limit_takes_the_first_images(tmp_path, limit, n):
    root = fill(tmp_path / "f", "a/1.png", "a/2.png", "b/3.png", "b/4.png")
    source = open_source(folder(root, limit=limit))
    assert list(source.keys) == ["a/1.png", "a/2.png", "b/3.png", "b/4.png"][:n]
    assert source.labels.tolist() == [0, 0, 1, 1][:n]
    assert list(source.class_names) == ["a", "b"]
    np.testing.assert_array_equal(np.asarray(source.image(n - 1)), pixels(n - 1))
    file = parquet(tmp_path / "a.parquet", range(4), [0, 0, 0, 9], concepts=pa.array([["x"]] * 4))
    if limit < 4:
        limited = open_source(entry(file, label="label", concepts="concepts", limit=limit) | {"class_names": ["cat"]})
        assert (len(limited), len(limited.concepts)) == (n, n)


def test_environment_variables_and_the_home_folder_are_filled_in(tmp_path, monkeypatch):
    file = parquet(tmp_path / "a.parquet", range(2))
    monkeypatch.setenv("LINEXP_IMAGES", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for written in ("$LINEXP_IMAGES/a.parquet", "${LINEXP_IMAGES}/a.parquet", "~/a.parquet"):
        assert paths(entry(written)) == [file]
        assert missing(entry(written)) is None
        assert len(open_source(entry(written))) == 2


def test_a_variable_that_is_not_set_is_named_with_the_remedy(monkeypatch):
    monkeypatch.delenv("LINEXP_IMAGES", raising=False)
    expected = "files: $LINEXP_IMAGES/a.parquet does not exist; give the place of the file, or set the variable"
    assert missing(entry("$LINEXP_IMAGES/a.parquet")).startswith(expected)
    assert refusal(entry("$LINEXP_IMAGES/a.parquet")).startswith(expected)


def test_every_missing_file_or_folder_is_noticed_without_opening_any(tmp_path):
    (tmp_path / "there.parquet").write_text("not Parquet")
    there, gone = str(tmp_path / "there.parquet"), str(tmp_path / "gone")
    assert missing(entry(there)) is None
    assert missing(entry(there, gone)).startswith(f"files: {gone} does not exist; ")
    assert missing(folder(Path(gone))).startswith(f"root: {gone} does not exist; put the images there")
    assert "torchvision.datasets.CIFAR100" in missing({"kind": "cifar100", "root": gone})


@pytest.mark.skipif("CIFAR10" not in os.environ, reason="set CIFAR10 to the folder with cifar10_test.parquet")
def test_photos_of_cifar10_have_their_classes():
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    source = open_source(entry("$CIFAR10/cifar10_test.parquet", label="label", limit=1000) | {"class_names": names})
    assert len(source) == 1000
    assert source.image(999).size == (32, 32)
    assert set(source.labels.tolist()) == set(range(10))
    planes = [np.asarray(source.image(row), float).mean((0, 1)) for row in np.flatnonzero(source.labels == 0)]
    frogs = [np.asarray(source.image(row), float).mean((0, 1)) for row in np.flatnonzero(source.labels == 6)]
    assert np.mean(planes, 0)[2] > np.mean(frogs, 0)[2] + 30, "skies are bluer than ponds"
