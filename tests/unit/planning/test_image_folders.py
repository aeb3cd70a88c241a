"""Folders of images: a change in one is noticed, a copy of one remakes nothing."""

import hashlib
import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linexp.planning import image_folders
from linexp.planning.image_folders import digest_of

INDEX = "index.parquet"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder with photos of cats."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos/cat").mkdir(parents=True)
    for number in range(3):
        write(tmp_path / f"photos/cat/{number}.jpg", f"cat {number}")
    return tmp_path


def write(path, content: str, time: int = 1_000) -> None:
    path.write_text(content)
    os.utime(path, (time, time))


def make_index(place) -> None:
    keys = [f"cat/{number}.jpg" for number in range(3)]
    contents = [hashlib.sha256((place / "photos" / key).read_bytes()).hexdigest() for key in keys]
    pq.write_table(pa.table({"key": keys, "sha256": contents}), INDEX)


def test_names_and_sizes_count(place):
    seen = [digest_of("photos", INDEX)]
    for change in (
        lambda: write(place / "photos/cat/9.jpg", "9"),
        lambda: (place / "photos/cat/1.jpg").rename(place / "photos/cat/10.jpg"),
        lambda: write(place / "photos/cat/9.jpg", "99"),
        lambda: (place / "photos/cat/9.jpg").unlink(),
        lambda: (place / "photos/cat/10.jpg").rename(place / "photos/10.jpg"),
        lambda: os.symlink("nowhere", place / "photos/11.jpg"),
    ):
        change()
        seen.append(digest_of("photos", INDEX))
    assert len(set(seen)) == 7


@pytest.mark.parametrize("time", [500, 2_000], ids=["older", "newer"])
def test_a_photo_that_is_exchanged_for_one_of_the_same_size_is_noticed(place, time):
    make_index(place)
    before = digest_of("photos", INDEX)
    write(place / "photos/cat/1.jpg", "dog 1", time)
    after = digest_of("photos", INDEX)
    assert after != before
    assert digest_of("photos", INDEX) == after
    make_index(place)
    assert digest_of("photos", INDEX) == after


def test_a_photo_that_is_put_back_is_the_one_that_was_indexed(place):
    make_index(place)
    before = digest_of("photos", INDEX)
    write(place / "photos/cat/1.jpg", "dog 1", 2_000)
    assert digest_of("photos", INDEX) != before
    write(place / "photos/cat/1.jpg", "cat 1", 3_000)
    assert digest_of("photos", INDEX) == before


def test_once_indexed_an_exchanged_photo_is_as_good_as_the_first_and_the_first_is_another(place):
    make_index(place)
    digest_of("photos", INDEX)
    write(place / "photos/cat/1.jpg", "dog 1", 2_000)
    exchanged = digest_of("photos", INDEX)
    make_index(place)
    write(place / "photos/cat/1.jpg", "dog 1", 3_000)  # touched
    assert digest_of("photos", INDEX) == exchanged
    write(place / "photos/cat/1.jpg", "cat 1", 4_000)
    assert digest_of("photos", INDEX) != exchanged


def test_a_copied_folder_is_read_once_and_is_the_same(place, monkeypatch):
    make_index(place)
    before = digest_of("photos", INDEX)
    shutil.move("photos", "old")
    shutil.copytree("old", "photos", copy_function=shutil.copyfile)
    read = []
    monkeypatch.setattr(
        image_folders,
        "_sha256",
        lambda path: read.append(path) or hashlib.sha256((place / path).read_bytes()).hexdigest(),
    )
    assert digest_of("photos", INDEX) == digest_of("photos", INDEX) == before
    assert len(read) == 3


def test_before_there_is_an_index_no_photo_is_read(place, monkeypatch):
    monkeypatch.setattr(image_folders, "_sha256", None)
    before = digest_of("photos", INDEX)
    write(place / "photos/cat/1.jpg", "dog 1", 2_000)
    assert digest_of("photos", INDEX) == before


@pytest.mark.parametrize("damaged", ["[", "[]", "{}", '{"files": 3, "exchanged": {}}'])
def test_what_was_seen_is_forgotten_where_it_is_damaged(place, damaged):
    before = digest_of("photos", INDEX)
    [seen] = image_folders.KNOWN.iterdir()
    seen.write_text(damaged)
    assert digest_of("photos", INDEX) == before


def test_files_behind_a_link_to_a_folder_count(place):
    (place / "others").mkdir()
    (place / "photos/cat/others").symlink_to(place / "others")
    before = digest_of("photos", INDEX)
    write(place / "others/9.jpg", "9")
    assert digest_of("photos", INDEX) != before
