"""Other images and other models than the demo's, through the same rules."""

import io

import h5py
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

PREPROCESS = {"resize": 32, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
TORCHVISION = {"source": "torchvision", "name": "resnet18", "weights": "none", "preprocess": PREPROCESS}


@pytest.fixture
def photos(project):
    """A project whose probe is a flat folder of images without labels, of three sizes and modes."""
    table = pq.read_table(project.folder / "results/probes/scenes/images.parquet")
    folder = project.folder / "photos"
    folder.mkdir()
    for number, row in enumerate(table["image"].to_pylist()[:120]):
        image = Image.open(io.BytesIO(row["bytes"]))
        image = image.resize((40, 32)) if number % 3 == 0 else image
        image = image.convert("L") if number % 10 == 0 else image
        image.save(folder / f"{number:04d}.{'jpg' if number % 2 else 'png'}")
    config = project.config()
    config["probes"]["photos"] = {"kind": "image_folder", "root": "photos"}
    config["targets"]["net"] |= {
        "probe": "photos",
        "model": TORCHVISION,
        "methods": ["le_siglip"],
        "concepts": "vocabulary",
        "ablation": {"loss": "kl", "most_nodes": 17},
        "controls": [],
    }
    config["targets"]["net"]["neurons"] = "0:16"
    config["concept_sets"]["vocabulary"] = {"file": "vocabulary.txt"}
    (project.folder / "vocabulary.txt").write_text("car\ncat\nred\nblue\nsnow\nnight\nvehicle\n")
    project.configure(config)
    return project


@pytest.mark.long
def test_a_flat_folder_without_labels_is_explained_by_pseudo_labels(photos):
    photos.run("results/net/layer3/scores.parquet", "results/net/layer4/scores.parquet")
    index = pd.read_parquet(photos.folder / "results/probes/photos/index.parquet")
    assert len(index) == 120 and (index["label"] == -1).all()
    for layer, width in (("layer3", 256), ("layer4", 512)):
        with h5py.File(photos.folder / f"results/net/{layer}/activations.h5") as file:
            assert file["activations"].shape == (120, width)
        scores = pd.read_parquet(photos.folder / f"results/net/{layer}/scores.parquet")
        assert scores["neuron"].tolist() == list(range(16))
        assert set(scores["status"]) <= {"ok", "unexplained", "constant", "constant_simulation", "no_effect"}
        assert scores["ablation_norm"].notna().any() and (scores["ablation_optim"].dropna() <= 1).all()


def test_cross_entropy_without_labels_stops_before_any_job(photos):
    config = photos.config()
    config["targets"]["net"]["ablation"] = {"loss": "cross_entropy"}
    photos.configure(config)
    for file, what in (("scores", "cross_entropy"), ("impact", "Top Impact")):
        refused = photos.plan(f"results/net/layer4/{file}.parquet")
        assert refused.status != 0 and not refused.jobs
        assert refused.last.startswith(f"linexp: target net: {what} needs labels of classes")


def test_a_folder_without_labels_is_neither_calibrated_on_nor_explained_by(photos):
    config = photos.config()
    config["image_text_models"]["two"]["calibration"] = {"probe": "photos"}
    photos.configure(config)
    problem = "'photos' is a folder of images without labels; put those of each class into a folder of its own, or"
    refused = photos.plan("results/net/layer4/scores.parquet")
    assert refused.status != 0 and not refused.jobs
    remedy = "give another probe, or a and b"
    assert refused.last == f"linexp: image_text_models.two.calibration.probe: {problem} {remedy}"
    config["targets"]["net"]["methods"] = ["le_siglip", "le_label"]
    photos.configure(config)
    refused = photos.plan("results/net/layer4/explanations/le_label.parquet")
    assert refused.status != 0 and not refused.jobs
    assert refused.last.startswith(f"linexp: targets.net.methods.1 (le_label): {problem} take out")


def test_a_corrupt_image_is_named_in_one_line(photos):
    (photos.folder / "photos/0007.jpg").write_bytes(b"not an image")
    done = photos.snakemake("results/probes/photos/index.parquet")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    assert "linexp: image 0007.jpg is no JPEG, PNG, WebP, BMP, TIFF, GIF or PPM; repair or remove it" in done.stdout
    assert not (photos.folder / "results/probes/photos/index.parquet").exists()


@pytest.mark.long
def test_embeddings_with_one_thread_are_those_with_two_within_1e_5(finished, project):
    name = "results/probes/scenes/embeddings/one.h5"
    (project.folder / name).unlink()
    project.run(name, "--cores", "1")
    with h5py.File(project.folder / name) as one, h5py.File(finished.folder / name) as two:
        assert abs(one["embeddings"][...] - two["embeddings"][...]).max() < 1e-5
