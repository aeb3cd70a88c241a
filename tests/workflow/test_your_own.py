"""The page for newcomers, command by command, with an installed linexp and without a network."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from helpers import installed
from helpers.projects import REPOSITORY, TINY_MODEL
from linexp.concepts import image_text

pytestmark = pytest.mark.long
PAGE = (REPOSITORY / "docs/your-own.md").read_text(encoding="utf-8")
WITH_LOCAL_MODELS = "<!-- From here on"
HOME = "/home/me"
GIVEN = "weights: none, preprocess: {resize: 64, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}"


def commands(text: str) -> list[tuple[str, str]]:
    """Each command of a text's examples, and what it prints."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    pairs = (part.partition("\n") for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
    return [(command, printed) for command, _, printed in pairs]


def printed_as(expected: str) -> re.Pattern:
    """What fits a printed text in which … stands for anything."""
    lines = (".*" if line == "…" else r"[^\n]*".join(map(re.escape, line.split("…"))) for line in expected.split("\n"))
    return re.compile(r"\s*".join(lines), re.DOTALL)


def photos(folder: Path):
    pixels = np.random.default_rng(0).integers(0, 256, (36, 6, 8, 3), np.uint8)
    for number, image in enumerate(pixels):
        place = folder / ("cat", "dog")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).resize((80, 60), Image.Resampling.BICUBIC).save(place / f"{number}.jpg")


def take_local_models(folder: Path):
    """Models that are files, with random weights, in the lines of those that would be downloaded."""
    config = (folder / "config.yaml").read_text(encoding="utf-8")
    for number, (model, name) in enumerate((("siglip", "one"), ("clip", "two"))):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(TINY_MODEL))
        torch.manual_seed(number)
        network = image_text.build({"model": str(path)}).network
        save_file({key: value.clone() for key, value in network.state_dict().items()}, folder / f"{name}.safetensors")
        line = f"  {model}: {{model: {name}.json, pretrained: {name}.safetensors, calibration: {{a: 10, b: 0.3}}}}"
        config = re.sub(rf"^  {model}: .*$", line, config, flags=re.MULTILINE)
    config = config.replace("weights: pretrained", GIVEN, 1)
    config = config.replace("    probe: photos\n", '    probe: photos\n    neurons: "0:8"\n')
    config = config.replace("words: {nouns: 6800}", "words: {nouns: 50}")
    (folder / "config.yaml").write_text(config, encoding="utf-8")


def test_a_newcomer_gets_from_a_wheel_to_scores_as_the_page_says(tmp_path):
    wheel = installed.wheel(installed.sources(tmp_path / "source"), tmp_path / "wheels")
    environment = installed.install(wheel, tmp_path / "venv")
    folder = tmp_path / "home"
    photos(folder / "photos")
    before, after = PAGE.split(WITH_LOCAL_MODELS)
    assert len(commands(before)) == 4 and len(commands(after)) == 4
    for text in (before, after):
        if text is after:
            take_local_models(folder)
        for command, expected in commands(text):
            if command.startswith("cd "):
                folder = folder / command.removeprefix("cd ")
                continue
            printed = environment.run(command, folder).replace(str(tmp_path / "home"), HOME)
            assert printed_as(expected).search(printed), f"$ {command}\n{printed[-3000:]}"
    scores = pd.read_parquet(folder / "results/convnext_atto/stages/scores.parquet")
    assert set(scores["neuron"]) == set(range(8)) and scores["correlation"].notna().any()
    assert {"le_label", "le_siglip", "best_concept", "clip_dissect"} <= set(scores["method"])
