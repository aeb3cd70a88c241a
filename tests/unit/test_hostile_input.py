"""Input that is made to do harm: code in files is not run, and paths and formulas in them lead nowhere."""

import io
import json
import pickle
import re
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from linexp.artifacts import store
from linexp.artifacts.weights import read_weights
from linexp.concepts import image_text, sets
from linexp.errors import LinexpError
from linexp.explanations import Explanation, to_table
from linexp.importers import read_explanations, write_linear_csv
from linexp.networks import targets
from linexp.probes import class_lists
from linexp.probes.index import index_images
from linexp.probes.sources import open_source
from linexp.probes.superclasses import superclasses

REPOSITORY = Path(__file__).parents[2]
LIBRARY = REPOSITORY / "workflow/scripts"
NORMAL = {"resize": 32, "mean": [0.5] * 3, "std": [0.5] * 3}
PREPROCESSED = {"preprocess": NORMAL}


class Code:
    """What plain pickle would run when it reads it: a file named `ran` appears."""

    def __reduce__(self):
        return Path.touch, (Path("ran"),)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty folder to work in, in which no code may have run afterwards."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not Path("ran").exists(), "code in a file was run"


def plain() -> bytes:
    return pickle.dumps({"0.weight": Code()})


def of_torch(**options) -> bytes:
    buffer = io.BytesIO()
    torch.save({"state_dict": {"0.weight": Code()}}, buffer, **options)
    return buffer.getvalue()


def old_tar() -> bytes:
    """The layout of PyTorch before 0.1.10, a tar file of pickles."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("storages", "tensors", "pickle"):
            content = pickle.dumps(Code())
            facts = tarfile.TarInfo(name)
            facts.size = len(content)
            archive.addfile(facts, io.BytesIO(content))
    return buffer.getvalue()


def in_a_zip() -> bytes:
    """PyTorch's own layout with a pickle that PyTorch did not write."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", plain())
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def script() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), buffer)
    return buffer.getvalue()


def whole_network() -> bytes:
    buffer = io.BytesIO()
    torch.save(nn.Sequential(nn.Linear(2, 2)), buffer)
    return buffer.getvalue()


TRAPS = {
    "pickle": plain(),
    "torch": of_torch(),
    "torch of old": of_torch(_use_new_zipfile_serialization=False),
    "tar": old_tar(),
    "zip": in_a_zip(),
    "script": script(),
    "network": whole_network(),
}
SUFFIXES = ("safetensors", "pth", "pt", "bin", "pth.tar", "ckpt")


def load_factory(weights: str) -> None:
    Path("my_factory.py").write_text(
        "from torch import nn\ndef build():\n    return nn.Sequential(nn.Conv2d(3, 2, 1))\n"
    )
    targets.load_target({"source": "factory", "call": "my_factory:build"} | PREPROCESSED, weights)


def load_torchvision(weights: str) -> None:
    """As the Places365 checkpoint of config.yaml is loaded."""
    entry = {"source": "torchvision", "name": "resnet18", "arguments": {"num_classes": 365}, "weights": weights}
    targets.load_target(entry | PREPROCESSED, weights)


def load_timm(weights: str) -> None:
    targets.load_target({"source": "timm", "name": "test_resnet", "weights": weights} | PREPROCESSED, weights)


def load_trained(weights: str) -> None:
    """As a network that the workflow trained itself is loaded, from the settings beside it."""
    model = {"source": "timm", "name": "test_resnet", "weights": "none"} | PREPROCESSED
    store.write_json("training.json", store.Provenance("train_classifier", {}, "-"), {"model": model})
    targets.open_target({"source": "trained"}, {"training": "training.json", "weights": weights}, 0)


def load_image_text(weights: str) -> None:
    image_text.load({"model": str(REPOSITORY / "workflow/resources/small_resnet.json")}, weights)


LOADERS = (load_factory, load_torchvision, load_timm, load_trained, load_image_text)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("trap", TRAPS)
def test_code_in_place_of_weights_is_refused_and_not_run(trap, suffix):
    Path(f"w.{suffix}").write_bytes(TRAPS[trap])
    with pytest.raises(LinexpError, match=rf"^weights w.{suffix} [^\n]+; [^\n]+$"):
        read_weights(f"w.{suffix}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("load", LOADERS)
def test_every_loader_of_networks_refuses_code(load):
    for suffix in ("pth", "pth.tar", "safetensors"):
        Path(f"w.{suffix}").write_bytes(TRAPS["torch"])
        with pytest.raises(LinexpError, match=rf"^weights w.{suffix} [^\n]+; [^\n]+$"):
            load(f"w.{suffix}")


def test_the_traps_are_traps():
    for run in (lambda: pickle.loads(plain()), lambda: torch.load(io.BytesIO(of_torch()), weights_only=False)):
        run()
        assert Path("ran").exists()
        Path("ran").unlink()


READERS = {
    "csv of explanations": lambda path: read_explanations(path),
    "concepts": lambda path: sets.read_concepts(path),
    "class names": lambda path: class_lists.class_names(path),
    "superclasses": lambda path: superclasses(path),
    "parquet": lambda path: store.read_table(path),
    "hdf5": lambda path: store.read_arrays(path, "P"),
    "json": lambda path: store.read_json(path),
    "images": lambda path: open_source({"kind": "parquet", "files": [path], "image": "image"}),
}


@pytest.mark.parametrize("reader", READERS)
def test_code_in_place_of_other_files_is_refused_and_not_run(reader):
    Path("trap.txt").write_bytes(TRAPS["pickle"])
    with pytest.raises(LinexpError, match=r"trap.txt"):
        READERS[reader]("trap.txt")


def test_code_in_place_of_cifar100_or_of_imagenet_s_kit_is_refused_and_not_run(place):
    folder = place / "cifar-100-python"
    folder.mkdir()
    for name in ("train", "test", "meta"):
        (folder / name).write_bytes(TRAPS["pickle"])
    with pytest.raises(LinexpError, match="not found or corrupted"):
        open_source({"kind": "cifar100", "root": str(place)})
    (place / "data").mkdir()
    (place / "data/meta.mat").write_bytes(TRAPS["pickle"])
    with pytest.raises(LinexpError, match=r"meta.mat cannot be read"):
        open_source({"kind": "imagenet", "root": str(place), "devkit": str(place)})


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.mkdir [ran]", "!!python/object/new:os.mkdir [ran]"])
def test_tags_in_a_file_of_superclasses_do_nothing(tag):
    Path("groups.yaml").write_text(f"pet: {tag}\n")
    with pytest.raises(LinexpError, match=r"groups.yaml is not YAML"):
        superclasses("groups.yaml")


def test_no_module_reads_what_could_be_code():
    allowed = {
        *('torch.load(file, map_location="cpu", weights_only=True)', "np.load(file, allow_pickle=False)"),
        *("np.load(path, allow_pickle=False)", 'np.load(path, mmap_mode="r", allow_pickle=False)'),
    }
    risky = re.compile(
        r"\b(?:eval|exec|compile|__import__)\(|(?:torch|np|numpy|joblib|marshal|shelve|dill)\.load\([^)]*\)|"
        r"pickle\.loads?\(|allow_pickle|yaml\.(?:load|full_load|unsafe_load)\(|read_pickle|os\.system|subprocess|shell=True"
    )
    found = [
        (path.name, match[0])
        for path in [*LIBRARY.rglob("*.py"), *(REPOSITORY / "rules").glob("*.smk")]
        for match in risky.finditer(re.sub(r"re\.compile\(|network\.eval\(\)|\.eval\(\)", "", path.read_text()))
    ]
    assert {what for _, what in found} == allowed, found


DAMAGES = [
    *({"embed_dim": "x"}, {"embed_dim": -1}, {"vision_cfg": 3}, {"text_cfg": None}, {"text_cfg": {"width": "; ls"}}),
    *({"vision_cfg": {"timm_model_name": "../../x", "image_size": 32}}, {"custom_text": {"a": 1}, "quick_gelu": 7}),
]


@pytest.mark.parametrize("changes", DAMAGES)
def test_a_damaged_configuration_of_an_image_text_model_is_refused_in_one_line(changes):
    sound = json.loads((REPOSITORY / "workflow/resources/small_resnet.json").read_text())
    Path("model.json").write_text(json.dumps(sound | changes))
    try:
        assert image_text.build({"model": "model.json"}).network
    except LinexpError as error:
        assert re.match(r"image-text model model.json: [^\n]+; check its name or configuration", str(error))
    else:
        assert set(changes) == {"custom_text", "quick_gelu"}, "only what is harmless is accepted"


# --- paths in data


HF_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def images_of(**columns) -> str:
    pq.write_table(pa.table(columns), "images.parquet")
    return "images.parquet"


def test_the_path_of_an_image_in_a_parquet_file_is_neither_read_nor_written(place):
    (place / "secret.png").write_bytes((REPOSITORY / "docs/neuron.png").read_bytes())
    inner = place / "a" / "b"
    inner.mkdir(parents=True)
    rows = [{"bytes": None, "path": path} for path in ("../../secret.png", str(place / "secret.png"), "secret.png")]
    before = sorted(place.rglob("*"))
    source = open_source({"kind": "parquet", "files": [images_of(image=pa.array(rows, HF_IMAGE))], "image": "image"})
    for row in range(len(rows)):
        with pytest.raises(LinexpError, match="has no bytes; remove the row"):
            source.image(row)
    assert sorted({*place.rglob("*")} - {place / "images.parquet"}) == before


@pytest.mark.parametrize(
    "metadata", ["no json", "[1]", '{"info": 3}', '{"info": {"features": [1]}}', '{"info": {"features": {"label": 0}}}',
                 '{"info": {"features": {"label": {"names": "ab"}}}}',
                 '{"info": {"features": {"label": {"names": [1, 2]}}}}', "\ufffe"]
)  # fmt: skip
def test_damaged_hugging_face_metadata_name_no_classes(metadata):
    column = pa.array([{"bytes": b"x", "path": "a"}] * 2)
    table = pa.table({"image": column, "label": [0, 1]}).replace_schema_metadata({"huggingface": metadata})
    pq.write_table(table, "a.parquet")
    with pytest.raises(LinexpError, match=r"a.parquet does not name its classes; give class_names"):
        open_source({"kind": "parquet", "files": ["a.parquet"], "image": "image", "label": "label"})


@pytest.mark.parametrize("listed", ["..", "../secret.jpg", "/etc/passwd", "a/../../b.jpg", "..\\x.jpg"])
def test_a_list_of_places365_cannot_name_what_lies_elsewhere(place, listed):
    (place / "root/val_256").mkdir(parents=True)
    (place / "secret.jpg").write_bytes(b"x")
    (place / "root/categories_places365.txt").write_text("/a/airfield 0\n")
    (place / "root/places365_val.txt").write_text(f"{listed} 0\n")
    with pytest.raises(LinexpError, match=r"line 1 is not a name|lacks 1 of 1 images"):
        open_source({"kind": "places365", "root": str(place / "root")})


# --- formulas and markup in names

FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(1)", "\t=1", '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0"]


def test_a_formula_as_a_concept_is_text_to_a_spreadsheet_and_comes_back():
    table = to_table([Explanation(n, [name.strip()], [1.0], 0.5, 0.25) for n, name in enumerate(FORMULAS)])
    write_linear_csv(table, "written.csv")
    cells = re.findall(r'(?:^|,)("(?:[^"]|"")*"|[^,\n]*)', Path("written.csv").read_text(), re.MULTILINE)
    texts = [cell.strip('"') for cell in cells]
    risky = [text for text in texts if re.match(r"[=+@\t\r-]", text) and not re.fullmatch(r"-?[\d.e-]+", text)]
    assert risky == []
    assert read_explanations("written.csv").select(table.column_names).equals(table)


def test_keys_that_are_formulas_stay_text(place):
    (place / "images").mkdir()
    picture = (REPOSITORY / "docs/neuron.png").read_bytes()
    (place / "images/=1+1.png").write_bytes(picture)
    source = open_source({"kind": "image_folder", "root": "images"})
    assert index_images(source, {"train": 1.0, "val": 0.0, "test": 0.0}, 0)["key"].to_pylist() == ["=1+1.png"]
