"""Image sources: the right bytes, keys, classes and names, and a reason in one line where they cannot be had."""

import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torchvision

from helpers.parquet_files import entry, parquet, picture, pixels, refusal
from linexp.errors import LinexpError
from linexp.probes.sources import missing, open_source, paths


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


@pytest.mark.parametrize("name", ["@eaDir", "__MACOSX", "lost+found"])
def test_folders_that_systems_make_are_neither_classes_nor_in_them(tmp_path, name):
    root = fill(tmp_path, "cat/a.png", f"{name}/a.png", f"cat/{name}/a.png/SYNOPHOTO_THUMB_M.png")
    source = open_source(folder(root))
    assert (list(source.keys), list(source.class_names), source.remarks()) == (["cat/a.png"], ["cat"], [])


def test_links_to_folders_are_followed_where_they_do_not_lead_back(tmp_path):
    root = fill(tmp_path / "photos", "cat/a.png", "cat/2020/b.png")
    fill(tmp_path / "others", "cat/c.png", "dog/d.png", "dog/e.png")
    (root / "dog").symlink_to(tmp_path / "others/dog")
    (root / "cat/more").symlink_to(tmp_path / "others/cat")
    (root / "cat/2020/all").symlink_to(root)
    (root / "cat/2020/same").symlink_to(".")
    (tmp_path / "others/cat/back").symlink_to(root / "cat")
    source = open_source(folder(root))
    assert list(source.keys) == ["cat/2020/b.png", "cat/a.png", "cat/more/c.png", "dog/d.png", "dog/e.png"]
    assert source.labels.tolist() == [0, 0, 0, 1, 1]
    assert source.image(2).mode == "RGB"


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
    assert f"class_names: {flat} has no folders for them; make one a class" in refusal(folder(flat), ["cat", "dog"])


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    fill(tmp_path, "a.png")
    assert f"{tmp_path / 'a.png'} is not a folder; give the folder" in refusal(folder(tmp_path / "a.png"))


def test_an_image_that_has_gone_is_named(tmp_path):
    source = open_source(folder(fill(tmp_path, "cat/a.png", "cat/b.png")))
    (tmp_path / "cat" / "b.png").unlink()
    for read in (source.content, source.image):
        with pytest.raises(LinexpError, match=r"image cat/b.png cannot be read \(No such file.*; repair or remove it"):
            read(1)


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
