"""What `python -m linexp check` says of data and weights."""

import copy
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from linexp.__main__ import SCHEMA, main
from linexp.artifacts import store
from linexp.config import checks as configuration
from linexp.planning import data_check, missing, model_files
from linexp.planning.data_check import layer_names, layer_problems, parts
from linexp.probes import sources

REPOSITORY = Path(__file__).parents[3]
SHIPPED = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder with the shipped configuration and its files of concepts and models."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SHIPPED))
    (tmp_path / "workflow").symlink_to(REPOSITORY / "workflow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CIFAR10", raising=False)
    return tmp_path


def _config(**sections):
    content = copy.deepcopy(SHIPPED)
    for section, entries in sections.items():
        content[section] |= entries
    return configuration.checked(content, SCHEMA)


def _states(config) -> dict[tuple[str, str], str]:
    return {(part.section, part.name): part.state for part in parts(config)}


def test_the_states_of_the_shipped_configuration_in_an_empty_folder(place):
    states = _states(_config())
    expected = {
        ("probes", "scenes"): "made here",
        ("probes", "imagenet_val"): "missing",
        ("training_sets", "cifar10_train"): "missing",
        ("image_text_models", "scenes_explainer"): "made here",
        ("image_text_models", "siglip_l16_384"): "download",
        ("concept_sets", "demo_words"): "there",
        ("targets", "resnet50"): "download",
        ("targets", "resnet18_places365"): "missing",
        ("targets", "scenes_resnet"): "made here",
        ("methods", "milan"): "missing",
    }
    assert expected.items() <= states.items()
    # what is like another has its weights; untrained copies have none
    assert not {("targets", "resnet50_milan"), ("targets", "scenes_resnet_untrained")} & set(states)


def test_what_has_been_put_there_or_downloaded_is_there(place, monkeypatch):
    for path in (
        "data/imagenet/val/x/y.jpg",
        "data/places365/resnet18_places365.pth.tar",
        "results/models/targets/resnet50.safetensors",
        "results/models/image_text/siglip_l16_384.safetensors",
        "explanations/milan/resnet50_layer4.csv",
        "photos/cifar10_test.parquet",
    ):
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).touch()
    monkeypatch.setenv("CIFAR10", "photos")
    before, states = SHIPPED, _states(_config())
    assert before["targets"]["resnet50"]["probe"] == "imagenet_val"
    for part in (
        ("probes", "imagenet_val"),
        ("probes", "places365_val"),
        ("probes", "cifar10_test"),
        ("targets", "resnet18_places365"),
        ("targets", "resnet50"),
        ("image_text_models", "siglip_l16_384"),
    ):
        assert states[part] == "there", part
    assert states["training_sets", "cifar10_train"] == "missing"
    milan = [part.state for part in parts(_config()) if part.remark.startswith("explanations/milan/resnet50_layer4")]
    assert milan == ["there"]
    assert layer_problems(_config(), "resnet50_milan/layer4") == []


def test_files_that_an_entry_names_are_looked_for(place):
    config = _config(
        probes={"mine": {"kind": "image_folder", "root": "workflow", "class_names": "names.txt"}},
        image_text_models={
            "own": {"model": "own.json", "pretrained": "own.safetensors", "calibration": {"a": 1.0, "b": 0.0}}
        },
        concept_sets={"own": {"file": "own.txt"}, "both": {"union": ["labels", "own"]}},
    )
    states = _states(config)
    assert states["probes", "mine"] == states["image_text_models", "own"] == states["concept_sets", "own"] == "missing"
    for key in ("concepts", "wider_concepts"):
        changed = copy.deepcopy(config)
        changed["targets"]["scenes_resnet"][key] = "both"
        assert layer_problems(changed, "scenes_resnet/layer4") == [
            "concept_sets.own.file: own.txt does not exist; put it there, or correct the path"
        ]


def test_the_file_of_a_split_is_looked_for_under_its_key(place):
    kinds = {"split": {"kind": "image_folder", "root": "."}, "split_file": {"kind": "huggingface", "repo": "a/b"}}
    for key, entry in kinds.items():
        config = {"probes": {"photos": {"split": "validation", **entry, key: "splits.csv"}}}
        part = missing.images(config, "probes", "photos")
        assert part.problem == f"probes.photos.{key}: splits.csv does not exist; put it there, or correct the path"
        Path("splits.csv").touch()
        assert missing.images(config, "probes", "photos").state in ("there", "download")
        assert sources.split_file(config["probes"]["photos"]) == "splits.csv"
        Path("splits.csv").unlink()
    assert sources.split_file({"kind": "huggingface", "repo": "a/b", "split": "validation"}) is None


def test_the_code_of_torch_hub_is_downloaded_at_a_commit_and_is_there_afterwards(place):
    def of_code():
        return [part for part in parts(_config()) if part.place == "targets.vgg16_cifar100.model.repo"]

    repository = SHIPPED["targets"]["vgg16_cifar100"]["model"]["repo"]
    assert re.fullmatch(r"[\w-]+/[\w-]+:[0-9a-f]{40}", repository)
    (part,) = of_code()
    assert (part.state, part.remark) == ("download", f"{repository}, code, once")
    wildcards = SimpleNamespace(target="vgg16_cifar100")
    kept = model_files.target_files(_config(), wildcards)["repository"]
    assert kept == f"results/models/hub/{repository.replace(':', '/')}.zip"
    assert model_files.code_files(_config(), wildcards) == {"repository": kept}
    Path(kept).parent.mkdir(parents=True)
    Path(kept).touch()
    assert [part.state for part in of_code()] == ["there"]


def test_code_in_a_folder_is_what_weights_are_downloaded_by_and_an_untrained_network_is_built_by(place):
    (place / "mine/package").mkdir(parents=True)
    for name in ("hubconf.py", "package/net.py", "notes.txt"):
        (place / "mine" / name).touch()
    model = SHIPPED["targets"]["vgg16_cifar100"]["model"] | {"repo": "mine"}
    config = _config(targets={"vgg16_cifar100": SHIPPED["targets"]["vgg16_cifar100"] | {"model": model}})
    wildcards, code = SimpleNamespace(target="vgg16_cifar100"), {"code": ["mine/hubconf.py", "mine/package/net.py"]}
    assert model_files.code_files(config, wildcards) == code and model_files.repositories(config) == {}
    assert model_files.target_files(config, wildcards).items() > code.items()
    config["targets"]["vgg16_cifar100"]["model"]["untrained"] = True
    assert model_files.target_files(config, wildcards) == code


def test_the_folder_of_a_tokenizer_is_looked_for(place):
    (place / "w.safetensors").touch()
    entry = {"model": "ViT-B-16-SigLIP", "pretrained": "w.safetensors", "calibration": {"a": 1.0, "b": 0.0}}
    config = _config(image_text_models={"own": entry | {"tokenizer": "siglip"}})
    (part,) = [part for part in parts(config) if part.name == "own"]
    assert part.problem.startswith("image_text_models.own.tokenizer: siglip is not a folder; give that with")
    (place / "siglip").mkdir()
    assert _states(config)["image_text_models", "own"] == "there"
    files = model_files.image_text_files(config, SimpleNamespace(image_text_model="own"))
    assert files == {"tokenizer": "siglip", "weights": "w.safetensors"}


def test_every_layer_can_be_asked_for_and_only_the_demo_is_ready_in_an_empty_folder(place):
    config = _config()
    ready = [name for name in layer_names(config) if not layer_problems(config, name)]
    assert ready == ["scenes_places/layer3", "scenes_resnet/layer3", "scenes_resnet/layer4", "scenes_sae/layer4"]
    (first, *_) = layer_problems(config, "resnet50/layer4")
    assert first.startswith("probes.imagenet_val.root: data/imagenet/val does not exist; get it from image-net.org")


def test_the_command_tells_whether_all_is_there(place, capsys):
    assert main(["check"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1].split() == ["ready", "scenes_resnet/layer4"]
    assert "image_text_models" in out
    assert main(["check", "resnet50/layer4", "scenes_resnet/layer4"]) == 1
    out = capsys.readouterr().out
    assert "image_text_models" not in out
    labels, steps, layers = out.split("\n\n")
    assert "resnet50       imagenet_val: its images are not there yet" in labels
    assert "scenes_resnet  scenes has classes that the model knows: all methods" in labels
    assert steps.startswith("steps of scenes_resnet/layer4: 4,000 images, 4,096 neurons, a guess until")
    assert [line.split()[0] for line in layers.splitlines()[1:]] == ["missing", "probes.imagenet_val.root:", "ready"]
    assert main(["check", "all"]) == 1


def test_files_are_merged_over_the_configuration_and_messages_name_them(place, capsys):
    (place / "own.yaml").write_text("run: [scenes_resnet/layer3]\ntargets: {resnet50: null}\n")
    (place / "more.yaml").write_text("probes: {scenes: {images: 900}}\n")
    files = ["--configfile", "own.yaml", "more.yaml"]
    assert main(["check", *files]) == 1
    told = capsys.readouterr().err
    assert told.startswith("linexp: config.yaml: targets.resnet50_"), "those that are like what was taken out"
    (place / "own.yaml").write_text("run: [scenes_resnet/layer3]\n")
    assert main(["check", *files]) == 0
    out = capsys.readouterr().out
    assert "made here  scenes              900 scenes" in out
    assert out.splitlines()[-1].split() == ["ready", "scenes_resnet/layer3"]
    assert main(["check", *files, "--config", "run=[scenes_resnet/layer4]"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["ready", "scenes_resnet/layer4"]
    (place / "more.yaml").write_text("probes: {scenes: {images: none}}\n")
    assert main(["check", *files]) == 1
    assert capsys.readouterr().err.startswith("linexp: more.yaml: probes.scenes.images: 'none' has the wrong type")


NO_CLASSES = {"classes": "none", "class_map": "none"}
LABELS = {
    "labelled": ({}, "photos has classes that the model knows: all methods, any loss, Top Impact, calibration"),
    "unmapped": ({"class_map": "none"}, "photos has labels, of no class of the model: all methods and calibration"),
    "no_classes": (
        NO_CLASSES,
        "photos has labels, of no class of the model: all methods and calibration; no abl",
    ),
    "flat_no_classes": (
        NO_CLASSES,
        "photos has no labels: no method by labels, no calibration on it, no ablation",
    ),
    "flat": ({}, "photos has no labels: no method by labels, no calibration on it, loss: kl, no Top Impact"),
}


@pytest.mark.parametrize("case", LABELS)
def test_what_labels_allow_is_said(case, place):
    further, said = LABELS[case]
    folder = place / ("photos" if case.startswith("flat") else "photos/cat")
    folder.mkdir(parents=True)
    (folder / "a.jpg").touch()
    config = _config(probes={"photos": {"kind": "image_folder", "root": "photos"}})
    config["targets"]["resnet50"] |= {"probe": "photos"} | further
    assert data_check.labels_text(config, ["resnet50"]).splitlines()[1].startswith(f"  resnet50  {said}")


def test_the_words_that_passed_the_filter_are_listed_once_p_is_there(place):
    config = _config()
    target = config["targets"]["resnet50"]
    assert data_check.concepts_text(config, ["resnet50/layer4"]) is None
    path = place / f"results/probes/imagenet_val/P/{target['concepts']}/{target['explainer']}/P.h5"
    path.parent.mkdir(parents=True)
    provenance = store.Provenance("made_by_hand", {"min_presence": 0.5}, "fingerprint")
    config["min_presence"] = 0.2  # by which it is not made yet
    arrays = {"kept": np.array([True, False, True, False]), "top_mean": np.array([0.6, 0.3, 0.9, 0.45])}
    store.write_arrays(path, provenance, arrays | {"all_concepts": ["car", "cat", "dog", "snow"]})
    _, _, text, kept = data_check.concepts_text(config, ["resnet50/layer4"]).splitlines()
    assert text.strip() == "2 of 4 kept: top-5 mean ≥ 0.5; next: snow 0.45, cat 0.30"
    assert kept.strip() == "kept: dog, car"


def test_a_folder_without_labels_is_no_place_to_calibrate_on_or_to_take_labels_from(place):
    (place / "photos").mkdir()
    (place / "photos/a.jpg").touch()
    config = _config(probes={"photos": {"kind": "image_folder", "root": "photos"}})
    config["image_text_models"]["siglip_l16_384"]["calibration"] = {"probe": "photos"}
    config["targets"]["resnet50"] |= {"probe": "photos", "methods": ["le_siglip", "le_label"]}
    problems = [line for line in layer_problems(config, "resnet50/layer4") if "without labels" in line]
    places = ["image_text_models.siglip_l16_384.calibration.probe", "targets.resnet50.methods.1 (le_label)"]
    assert sorted(line.split(": ")[0] for line in problems) == places


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "resnet5/layer4"), "resnet5/layer4: there is no target 'resnet5'; did you mean 'resnet50'?"),
        (("check", "resnet50/layer"), "resnet50/layer: target resnet50 has no layer 'layer'; did you mean 'layer4'?"),
        (("check", "--configfile", "no.yaml"), "no.yaml cannot be read; run this in the folder that has it"),
        (("check", "--configfile", "broken.yaml"), "broken.yaml: line 1: is not YAML"),
        (("check", "--configfile", "list.yaml"), "list.yaml: has no sections"),
        (("check", "--configfile", "wrong.yaml"), "wrong.yaml: "),
        (("check", "--config", "sead=1"), "--config: sead: unknown key"),
        (("check", "--configfile", "wrong.yaml", "--config", "sead=0"), "--config: sead: unknown key 'sead'"),
        (
            ("check", "--config", "seed"),
            "--config: 'seed' is not of the form KEY=VALUE; write it as in --config seed=1",
        ),
        (("check", "--configfile", "twice.yaml"), "twice.yaml: line 2: the key 'seed' is there already, in line 1"),
    ],
)
def test_a_mistake_ends_in_one_line(arguments, message, place, capsys):
    (place / "broken.yaml").write_text("a: [")
    (place / "list.yaml").write_text("- a")
    (place / "twice.yaml").write_text("seed: 0\nseed: 1\n")
    (place / "wrong.yaml").write_text("sead: 0")
    assert main(list(arguments)) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"linexp: {message}")
    assert len(printed.err.splitlines()) == 1


def test_what_snakemake_would_refuse_is_missing(place):
    (place / "my {photos}").mkdir()
    (place / "{words}.txt").write_text("dog\n")
    trained = {"kind": "image_text", "images": "scenes_train", "model": "gone.json"}
    config = _config(
        probes={
            "photos": {"kind": "image_folder", "root": "my {photos}"},
            "flat": {"kind": "image_folder", "root": "flat", "class_names": ["cat", "dog"]},
        },
        concept_sets={"mine": {"file": "{words}.txt"}},
        trained_models={"mine": trained},
        image_text_models={"mine": {"trained": "mine", "calibration": {"a": 1, "b": 0}}},
    )
    (place / "flat").mkdir()
    problems = {part.problem for part in parts(config)}
    braces = "has a brace in its name, which Snakemake would fill in; rename it, or link to it"
    assert {
        f"probes.photos.root: my {{photos}} {braces}",
        f"concept_sets.mine.file: {{words}}.txt {braces}",
        "trained_models.mine.model: gone.json does not exist; put it there, or correct the path",
    } <= problems
    assert any(problem.startswith("probes.flat.class_names: flat has no folders") for problem in problems - {None})
