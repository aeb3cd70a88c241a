"""Images in Parquet files: read as they are, and refused by name where they cannot be."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from helpers.parquet_files import HF_IMAGE, entry, parquet, picture, pixels, png, refusal
from linexp.errors import LinexpError
from linexp.probes.kinds.image_folder import FolderImages
from linexp.probes.kinds.parquet import ParquetImages
from linexp.probes.sources import open_source


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


@pytest.mark.parametrize("names", [["dog", "cat"], ["cat", "dog", "eel"], ["cat", "wolf"]])
@pytest.mark.parametrize("given", [None, ["kitten", "puppy"]])
def test_files_that_name_their_classes_otherwise_than_the_first_are_refused(tmp_path, names, given):
    files = [
        parquet(tmp_path / f"{n}.parquet", range(2), [0, 1], names=own) for n, own in enumerate([["cat", "dog"], names])
    ]
    message = refusal(entry(*files, label="label"), given)
    assert message.startswith(f"{files[1]} has other class names than {files[0]}, or another order")


def test_files_without_class_names_have_those_of_the_others(tmp_path):
    files = [parquet(tmp_path / f"{n}.parquet", [n], [n], names=own) for n, own in enumerate([None, ["cat", "dog"]])]
    assert list(open_source(entry(*files, label="label")).class_names) == ["cat", "dog"]


def test_given_class_names_in_another_order_than_those_of_the_files_are_refused(tmp_path):
    file = parquet(tmp_path / "a.parquet", range(2), [0, 1], names=["cat", "dog"])
    message = refusal(entry(file, label="label"), ["dog", "cat"])
    assert message.startswith(f"{file}: class 1 is 'cat', but class name 1 is 'dog'; ")


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
    [pa.array([0.0, 1.0]), pa.array([[0], [1]]), pa.array([["cat"], ["dog"]])],
)
def test_labels_that_are_no_class_numbers_are_refused(tmp_path, labels):
    file = parquet(tmp_path / "a.parquet", range(2), labels)
    message = refusal(entry(file, label="label"), ["cat", "dog"])
    assert f"{file}: column 'label' has {str(labels.type)[:4]}" in message
    assert "it has to have class numbers" in message


@pytest.mark.parametrize("label", [2, 2**40, pa.scalar(2**63, pa.uint64())])
def test_a_label_beyond_the_class_names_is_refused(tmp_path, label):
    kind = label.type if isinstance(label, pa.Scalar) else pa.int64()
    file = parquet(tmp_path / "a.parquet", range(2), pa.array([0, label], kind))
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


LISTS_OF_TEXT = [
    pa.list_(pa.string()),
    pa.large_list(pa.large_string()),
    pa.list_(pa.string_view()),
    pa.list_(pa.dictionary(pa.int32(), pa.string())),
    pa.list_(pa.string(), 2),
]


@pytest.mark.parametrize("kind", LISTS_OF_TEXT, ids=str)
def test_further_concepts_are_read_from_any_lists_of_text_without_their_nulls(tmp_path, kind):
    rows = pa.array([["red", None], ["a", "b"]], kind if pa.types.is_fixed_size_list(kind) else LISTS_OF_TEXT[0])
    file = parquet(tmp_path / "a.parquet", range(2), [0, 0], concepts=rows.cast(kind))
    found = open_source(entry(file, label="label", concepts="concepts") | {"class_names": ["cat"]}).concepts
    assert list(found) == [["red"], ["a", "b"]]


@pytest.mark.parametrize("column", ["image", "label"])
def test_a_column_that_is_there_twice_is_refused(tmp_path, column):
    table = pq.read_table(parquet(tmp_path / "a.parquet", range(2), [0, 1]))
    table = pa.Table.from_arrays([*table.columns, table[column]], names=[*table.column_names, column])
    pq.write_table(table, tmp_path / "b.parquet")
    message = refusal(entry(str(tmp_path / "b.parquet"), label="label"), ["cat", "dog"])
    assert message == f"{tmp_path / 'b.parquet'} has 2 columns '{column}'; write it with other names"


def test_a_column_with_a_dot_in_its_name_is_no_part_of_another(tmp_path):
    columns = {"seg.png": pa.array([png(n) for n in range(3)], pa.binary()), "seg": pa.array([{"png": 1}] * 3)}
    file = parquet(tmp_path / "a.parquet", range(5, 8), [0, 0, 0], **columns)
    source = open_source(entry(file) | {"image": "seg.png"})
    assert [source.content(row) for row in range(3)] == [png(n) for n in range(3)]


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
    with pytest.raises(LinexpError, match="image row00000001 has no bytes; remove the row, or, if all have only"):
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


def huge_row_group(path: Path, n_bytes: int) -> str:
    """Images in one row group, of zeros and together of `n_bytes`; on the disk they take next to nothing."""
    megabytes = [bytes(1_000_003) + bytes([number]) for number in range(2)]
    column = pa.array([{"bytes": megabytes[n % 2], "path": None} for n in range(40)], HF_IMAGE)
    table = pa.table({"image": pa.chunked_array([column] * (n_bytes // 40_000_160 + 1))})
    pq.write_table(table, path, row_group_size=1_000_000, compression="zstd")
    return str(path)


@pytest.mark.long
def test_images_of_a_row_group_of_more_than_2_gib_are_read(tmp_path):
    source = open_source(entry(huge_row_group(tmp_path / "huge.parquet", 2_200_000_000)))
    assert len(source) > 2147
    for row in (0, 1, len(source) - 1):
        content = source.content(row)
        assert (len(content), content[-1]) == (1_000_004, row % 2)


@pytest.mark.parametrize("binary", [False, True])
def test_a_row_group_that_cannot_be_read_is_tried_once(tmp_path, monkeypatch, binary):
    path = Path(parquet(tmp_path / "a.parquet", range(30), binary=binary, group=10))
    place = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 60)
    source, tried = open_source(entry(str(path))), []
    read = source._read_group_uncached
    monkeypatch.setattr(source, "_read_group", lambda number: (tried.append(number), read(number))[1])
    bad = []
    for row in [*range(30), *range(30)]:
        try:
            assert source.content(row) == png(row)
        except LinexpError as error:
            assert str(error).startswith(f"image row{row:08d} cannot be read (")
            bad.append(row)
    assert bad == [*range(10, 20), *range(10, 20)] and tried.count(1) == 1


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


def test_images_with_16_bits_a_channel_but_png_are_refused_rather_than_read_as_white(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(np.full((4, 4), 30000, np.uint16)).save(buffer, "TIFF")
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


TEXTS = ["dog", None, "cat", "dog"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_labels_that_are_names_are_numbered_by_the_alphabet_or_by_the_class_names(tmp_path, kind):
    file = parquet(tmp_path / "a.parquet", range(4), pa.array(TEXTS).cast(kind))
    source = open_source(entry(file, label="label"))
    assert (source.labels.tolist(), list(source.class_names)) == ([1, -1, 0, 1], ["cat", "dog"])
    assert source.labels.dtype == np.int32
    assert open_source(entry(file, label="label", class_names=["Dog", "cat"])).labels.tolist() == [0, -1, 1, 0]
    assert "label 'cat' is none of the class names; did you mean 'cap'?" in refusal(
        entry(file, label="label"), ["dog", "cap"]
    )
    assert "'dog' is the name of two classes" in refusal(entry(file, label="label"), ["dog", "Dog", "cat"])


def test_labels_that_are_all_blank_are_refused(tmp_path):
    file = parquet(tmp_path / "a.parquet", range(2), pa.array([None, ""], pa.string()))
    assert "no image has a label; correct label, or take it out" in refusal(entry(file, label="label"))


@pytest.mark.parametrize("keys", [["x.jpg", "y.jpg"], [17, 4]])
def test_a_column_can_be_the_key(tmp_path, keys):
    file = parquet(tmp_path / "a.parquet", range(2), name=pa.array(keys))
    assert open_source(entry(file, key="name")).keys == list(map(str, keys))
    assert "has no column 'nom'" in refusal(entry(file, key="nom"))
    blank = parquet(tmp_path / "b.parquet", range(2), name=pa.array([keys[0], None]))
    assert "row 1 has no name, which is to be its key; fill it" in refusal(entry(blank, key="name"))
