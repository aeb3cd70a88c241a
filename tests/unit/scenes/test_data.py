"""Drawn scenes as data: the layout of Hugging Face image data sets, masks that match, and disjoint ranges."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from linexp import scenes
from linexp.probes.sources import open_source
from linexp.scenes.data import draw_images, draw_masks

N, SIZE = 24, 48


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return draw_images(N, SIZE, first=0, seed=3, threads=2)


@pytest.fixture(scope="module")
def masks() -> dict:
    return draw_masks(N, SIZE, first=0, seed=3, threads=2)


def decoded(table: pa.Table) -> list[np.ndarray]:
    return [np.asarray(Image.open(io.BytesIO(cell["bytes"]))) for cell in table["image"].to_pylist()]


def test_the_table_has_the_layout_of_hugging_face_image_data_sets(table):
    assert table.column_names == ["image", "label", "concepts"]
    assert table.schema.types == [
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        pa.int64(),
        pa.list_(pa.string()),
    ]
    assert len(table) == N and not any(column.null_count for column in table.columns)
    paths = [cell["path"] for cell in table["image"].to_pylist()]
    assert len(set(paths)) == N and paths[0] == "scene00000000.png"


def test_the_table_holds_the_scenes_and_what_is_true_of_them(table):
    for number, (image, label, concepts) in enumerate(
        zip(decoded(table), table["label"].to_pylist(), table["concepts"].to_pylist(), strict=True)
    ):
        scene = scenes.draw_scene(3, number, SIZE)
        np.testing.assert_array_equal(image, np.asarray(scene.image))
        assert label == scene.label and 0 <= label < len(scenes.CLASS_NAMES)
        assert concepts == list(scene.concepts)
        assert scenes.CLASS_NAMES[label] in concepts


def test_the_table_is_read_as_an_image_source(table, tmp_path):
    pq.write_table(table, tmp_path / "images.parquet")
    entry = {"kind": "parquet", "files": [str(tmp_path / "images.parquet")], "image": "image"}
    source = open_source(entry | {"label": "label", "concepts": "concepts", "class_names": list(scenes.CLASS_NAMES)})
    assert len(source) == N
    assert source.labels.tolist() == table["label"].to_pylist()
    assert list(source.concepts) == table["concepts"].to_pylist()
    np.testing.assert_array_equal(np.asarray(source.image(7)), decoded(table)[7])


def test_masks_are_those_of_the_objects_of_the_same_scenes(table, masks):
    assert masks["masks"].dtype == np.uint8 and masks["image"].dtype == np.int32
    assert set(np.unique(masks["masks"])) <= {0, 1}
    assert len(masks["masks"]) == len(masks["image"]) == len(masks["kind"]) == len(masks["colour"])
    assert masks["masks"].shape[1:] == (SIZE, SIZE)
    assert (np.diff(masks["image"]) >= 0).all()
    for number in range(N):
        rows = np.flatnonzero(masks["image"] == number)
        objects = scenes.draw_scene(3, number, SIZE).objects
        assert [(masks["kind"][row], masks["colour"][row]) for row in rows] == [(o.kind, o.colour) for o in objects]
        for row, item in zip(rows, objects, strict=True):
            np.testing.assert_array_equal(masks["masks"][row].astype(bool), item.mask)
            assert {item.kind, item.colour} <= set(table["concepts"][number].as_py())


def test_a_range_that_starts_later_has_the_scenes_of_a_longer_one(table, masks):
    later = draw_images(8, SIZE, first=16, seed=3, threads=1)
    assert later.equals(table.slice(16))
    later_masks = draw_masks(8, SIZE, first=16, seed=3, threads=1)
    behind = masks["image"] >= 16
    np.testing.assert_array_equal(later_masks["masks"], masks["masks"][behind])
    np.testing.assert_array_equal(later_masks["image"], masks["image"][behind] - 16)


def test_disjoint_ranges_share_no_image_so_training_images_are_not_probed():
    probing = {cell["bytes"] for cell in draw_images(60, SIZE, 0, 0, 2)["image"].to_pylist()}
    training = {cell["bytes"] for cell in draw_images(60, SIZE, 60, 0, 2)["image"].to_pylist()}
    assert len(probing) == len(training) == 60
    assert not probing & training


def test_the_number_of_processes_does_not_matter(table):
    assert draw_images(N, SIZE, first=0, seed=3, threads=1).equals(table)
    assert not draw_images(N, SIZE, first=0, seed=4, threads=1).equals(table)
