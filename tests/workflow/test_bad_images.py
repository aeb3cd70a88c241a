"""A folder with images that cannot be used, through the real rules: left out, and all rows are those of the rest."""

import os
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.projects import new_project

N_IMAGES = 60
RESNET = {
    "source": "torchvision",
    "name": "resnet18",
    "weights": "none",
    "preprocess": {"resize": 32, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
}
FILES = [f"results/{target}/layer4/activations.h5" for target in ("with_bad", "without")] + [
    f"results/probes/{probe}/labels.h5" for probe in ("with_bad", "without")
]

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A project that has recorded a folder with a damaged and an empty file, and one without them."""
    project = new_project(tmp_path_factory.mktemp("bad_images") / "project")
    rng = np.random.default_rng(0)
    for number in range(N_IMAGES):
        path = project.folder / f"without/{'dog' if number % 3 else 'cat'}/{number:03d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 36, 3), np.uint8)).save(path)
    shutil.copytree(project.folder / "without", project.folder / "with_bad")
    content = (project.folder / "without/dog/031.jpg").read_bytes()
    (project.folder / "with_bad/dog/010_torn.jpg").write_bytes(content[: len(content) // 2])
    (project.folder / "with_bad/cat/000_empty.png").touch()
    config = project.config()
    net = config["targets"]["net"] | {"model": RESNET, "methods": ["le_siglip"], "controls": []}
    net["ablation"] = {"loss": "kl"}
    for name in ("with_bad", "without"):
        config["probes"][name] = {"kind": "image_folder", "root": name, "on_bad_image": "skip"}
        config["targets"][name] = net | {"probe": name, "layers": {"layer4": {"module": "layer4", "pool": "avg"}}}
    project.configure(config)
    project.run(*FILES)
    return project


def test_the_rows_that_are_left_are_those_of_a_folder_without_bad_images(recorded):
    with_bad, without = (
        pd.read_parquet(recorded.folder / f"results/probes/{name}/index.parquet") for name in ("with_bad", "without")
    )
    assert len(with_bad) == N_IMAGES
    pd.testing.assert_frame_equal(with_bad, without)
    for (one, other), name in ((FILES[:2], "activations"), (FILES[2:], "labels")):
        with h5py.File(recorded.folder / one) as first, h5py.File(recorded.folder / other) as second:
            assert len(first[name]) == N_IMAGES
            np.testing.assert_array_equal(first[name][...], second[name][...])
            assert first[name][...].std(axis=0).max() > 0


def test_the_log_says_which_images_were_left_out_and_why(recorded):
    log = (recorded.folder / "results/logs/index_images/probes/with_bad.log").read_text()
    assert "left out: image cat/000_empty.png is no JPEG, PNG, WebP, BMP, TIFF, GIF or PPM\n" in log
    assert "left out: image dog/010_torn.jpg cannot be decoded (OSError: " in log
    assert f"2 of {N_IMAGES + 2} images are left out\n" in log
    assert "left out" not in (recorded.folder / "results/logs/index_images/probes/without.log").read_text()


def test_an_image_that_goes_bad_after_it_was_indexed_stops_the_run(recorded, tmp_path):
    project = recorded.copy(tmp_path / "project")
    (project.folder / FILES[0]).unlink()
    image = project.folder / "with_bad/dog/031.jpg"
    was = image.stat()
    image.write_bytes(bytes(was.st_size))
    os.utime(image, ns=(was.st_atime_ns, was.st_mtime_ns))  # or the plan would notice, and index it again
    done = project.snakemake(FILES[0])
    assert done.returncode != 0 and "Traceback" not in done.stdout
    assert "linexp: image dog/031.jpg has changed since it was indexed; delete index.parquet and run" in done.stdout
