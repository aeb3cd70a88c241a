"""Images that cannot be used: an error, or left out before the split so that all rows are those of the index."""

import pyarrow as pa
import pytest

from helpers.images import BAD, PAPER, Images, png
from linexp.artifacts.store import Provenance, read_table, write_table
from linexp.errors import LinexpError
from linexp.probes.index import IndexedImages, fingerprint, index_images, indexed_source, skipped_images
from linexp.probes.labels import multi_hot
from linexp.probes.sources import further_concepts, open_source


def good() -> Images:
    return Images(numbers=[number for number in range(30) if number not in BAD])


@pytest.mark.parametrize("threads", [1, 3])
def test_the_index_without_bad_images_is_that_of_the_good_ones_alone(threads):
    index = index_images(Images(BAD), PAPER, 0, threads, skip_bad=True)
    alone = index_images(good(), PAPER, 0)
    assert index.equals(alone) and fingerprint(index) == fingerprint(alone)
    assert skipped_images(alone) == {}
    assert list(skipped_images(index)) == [f"{number}.png" for number in BAD]
    assert skipped_images(index)["7.png"] == "image 7.png is no JPEG, PNG, WebP, BMP, TIFF, GIF or PPM"


def test_without_skipping_a_bad_image_is_an_error():
    with pytest.raises(
        LinexpError, match=r"image 0.png is no JPEG, PNG, WebP, BMP, TIFF, GIF or PPM; repair or remove it"
    ):
        index_images(Images(BAD), PAPER, 0)


def test_every_row_of_the_index_is_its_own_image_with_its_class_and_concepts():
    source = Images(BAD)
    index = index_images(source, PAPER, 0, skip_bad=True)
    images, indexed = IndexedImages(source, index), indexed_source(source, index)
    assert len(images) == len(indexed) == len(index) == 26
    assert indexed.rows.tolist() == [number for number in range(30) if number not in BAD]
    for row, number in enumerate(indexed.rows.tolist()):
        assert images[row].getpixel((0, 0)) == (8 * number, 0, 0)
        assert (indexed.keys[row], indexed.labels[row]) == (f"{number}.png", number)
    labels = multi_hot(indexed.labels, indexed.class_names, {}, further_concepts(indexed))
    for row, number in enumerate(indexed.rows):
        true = {concept for concept, value in zip(labels.concepts, labels.matrix[row], strict=True) if value}
        assert true == {f"class {number}", f"concept {number}"}


def test_what_was_left_out_is_kept_in_the_file_of_the_index(tmp_path):
    index = index_images(Images(BAD), PAPER, 0, skip_bad=True)
    write_table(tmp_path / "index.parquet", Provenance("index_images", {}, fingerprint(index)), index)
    read = read_table(tmp_path / "index.parquet")
    assert skipped_images(read) == skipped_images(index) != {}
    assert len(IndexedImages(Images(BAD), read)) == 26


def test_an_image_that_goes_bad_after_it_was_indexed_is_an_error():
    source = Images(BAD)
    images = IndexedImages(source, index_images(source, PAPER, 0, skip_bad=True))
    source.contents[5] = b""
    assert images[3].getpixel((0, 0)) == (8 * 4, 0, 0)
    with pytest.raises(LinexpError, match=r"image 5.png has changed since it was indexed"):
        images[4]


def test_further_images_are_noticed_and_bad_ones_may_be_removed():
    index = index_images(Images(BAD), PAPER, 0, skip_bad=True)
    assert indexed_source(good(), index).keys == index["key"].to_pylist()
    few = Images(BAD, numbers=range(28))
    with pytest.raises(LinexpError, match=r"there are 25 images, but 26 are indexed; delete index.parquet"):
        indexed_source(few, index)


def test_when_no_image_is_good_there_is_no_index():
    with pytest.raises(LinexpError, match=r"none of the 30 images can be used: image 0.png is no JPEG.*; repair"):
        index_images(Images(tuple(range(30))), PAPER, 0, skip_bad=True)


def test_the_split_is_of_the_images_that_are_left():
    with pytest.raises(LinexpError, match="3 images leave none for val"):
        index_images(Images(tuple(range(27))), PAPER, 0, skip_bad=True)


def test_a_limit_counts_bad_images_too(tmp_path):
    for number in range(12):
        (tmp_path / f"{number:02d}.png").write_bytes(b"" if number in (2, 11) else png(number))
    source = open_source({"kind": "image_folder", "root": str(tmp_path), "limit": 11, "on_bad_image": "skip"})
    index = index_images(source, PAPER, 0, skip_bad=True)
    assert list(skipped_images(index)) == ["02.png"] and len(index) == 10
    assert IndexedImages(source, index)[2].getpixel((0, 0)) == (8 * 3, 0, 0)


def folders(root, *names: str) -> dict:
    for number, name in enumerate(names):
        (root / name).mkdir()
        (root / name / "a.png").write_bytes(png(number))
    return {"kind": "image_folder", "root": str(root)}


@pytest.mark.parametrize("names", [["cat", "dog"], ["cat", "wolf"], ["tabby", "wolf"], ["crane", "crane"]])
def test_other_names_for_folders_are_taken_in_their_order(tmp_path, names):
    source = open_source(folders(tmp_path, "dog", "cat") | {"class_names": names})
    assert source.class_names == names and source.keys == ["cat/a.png", "dog/a.png"]


def test_a_class_folder_without_images_is_refused(tmp_path):
    entry = folders(tmp_path, "dog", "cat")
    (tmp_path / "eel").mkdir()
    for names in (None, ["cat", "dog", "eel"]):
        with pytest.raises(LinexpError, match="eel has no images; remove the folder or fill it"):
            open_source(entry | {"class_names": names})


def test_a_superclass_of_an_unknown_class_is_refused(tmp_path):
    source = open_source(folders(tmp_path, "dog", "cat"))
    with pytest.raises(LinexpError, match="superclass 'pet' has the member 'wolf', which is not a class name"):
        multi_hot(source.labels, source.class_names, {"pet": ["cat", "wolf"]})


def test_an_index_without_bad_images_has_no_further_metadata():
    assert index_images(good(), PAPER, 0).schema.field("key") == pa.field("key", pa.string())
