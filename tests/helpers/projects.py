"""A small workflow in a folder of its own: the real rules and scripts on 240 scenes and three tiny networks."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from helpers import warm
from helpers.plans import Plan, plan

REPOSITORY = Path(__file__).parents[2]
CODE = ("Snakefile", "rules", "workflow", "envs", "profiles")
NOT_COPIED = {"__pycache__", "linexp.egg-info"}

CONFIG = {
    "seed": 0,
    "run": ["net/layer4"],
    "probes": {"scenes": {"kind": "scenes", "images": 240, "size": 32}},
    "training_sets": {"training": {"kind": "scenes", "images": 240, "size": 32, "first": 240}},
    "trained_models": {
        "net": {"kind": "classifier", "images": "training", "network": "test_resnet", "size": 32, "epochs": 1},
        "one": {"kind": "image_text", "images": "training", "model": "tiny.json", "epochs": 1},
        "two": {"kind": "image_text", "images": "training", "model": "tiny.json", "epochs": 2, "absent": ["guitar"]},
    },
    "image_text_models": {
        "one": {"trained": "one", "calibration": {"a": 10.0, "b": 0.3}},
        "two": {"trained": "two", "calibration": {"probe": "scenes"}},
    },
    "concept_sets": {"words": {"union": ["labels", "mine"]}, "mine": {"file": "mine.txt"}},
    "targets": {
        "net": {
            "model": {"source": "trained", "name": "net"},
            "probe": "scenes",
            "layers": {
                "layer4": {"module": "layer4", "pool": "avg"},
                "layer3": {"module": "layer3", "pool": "max"},
            },
            "explainer": "one",
            "simulator": "two",
            "concepts": "words",
            "methods": ["le_label", "le_siglip", "best_concept", "clip_dissect"],
            "controls": ["shuffled", "random_concepts", "untrained"],
        }
    },
    "methods": {
        "le_label": {"kind": "linear", "presence": "label"},
        "le_siglip": {"kind": "linear", "presence": "pseudo", "greedy": {"tolerance": 0.02}},
        "le_siglip_top5": {"kind": "linear", "presence": "pseudo", "top_k": 5},
        "best_concept": {"kind": "best_concept", "presence": "pseudo"},
        "clip_dissect": {"kind": "clip_dissect", "concepts": "labels", "top_images": 20},
    },
}

TINY_MODEL = {
    "embed_dim": 32,
    "init_logit_scale": 2.3026,
    "init_logit_bias": -2.2,
    "vision_cfg": {
        "image_size": 32,
        "timm_model_name": "test_resnet",
        "timm_model_pretrained": False,
        "timm_pool": "avg",
        "timm_proj": "linear",
    },
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@dataclass
class Project:
    """A folder with the workflow's code and a configuration."""

    folder: Path

    def config(self) -> dict:
        return yaml.safe_load((self.folder / "config.yaml").read_text())

    def configure(self, config: dict) -> None:
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]

    def snakemake(self, *arguments: str, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess:
        """Run Snakemake to its end; stdout and stderr together in `stdout`. `before` is called in the new process."""
        command = self.command(*arguments)
        return subprocess.run(
            command if before else warm.command(*command[1:]),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=before,
        )

    def run(self, *arguments: str) -> str:
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout[-5000:]
        return done.stdout

    def plan(self, *arguments: str) -> Plan:
        """What Snakemake would run, and what it says."""
        return plan(self.folder, *arguments)

    def planned(self, *arguments: str) -> dict[str, int]:
        """The rules that Snakemake says it would run, with the number of jobs."""
        found = self.plan(*arguments)
        assert found.status == 0, found.said[-5000:]
        return dict(Counter(job.rule for job in found.jobs if job.rule != "all"))

    def artifacts(self) -> dict[str, bytes]:
        """The content of every artifact by its path; logs and recipes are left out."""
        files = (path for path in (self.folder / "results").rglob("*") if path.is_file())
        left_out = {"logs", ".recipes"}
        return {
            str(path.relative_to(self.folder)): path.read_bytes() for path in files if not left_out & set(path.parts)
        }

    def copy(self, folder: Path) -> "Project":
        """The same project elsewhere, with all times kept."""
        # a plan beside this may be writing recipes
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("*.tmp"))
        return Project(folder)


def copied_code() -> Iterator[Path]:
    """The files of the workflow that a new project gets."""
    for name in CODE:
        found = (REPOSITORY / name).rglob("*") if (REPOSITORY / name).is_dir() else [REPOSITORY / name]
        yield from (path for path in found if path.is_file() and not NOT_COPIED & set(path.parts))


def with_small_blocks(project: Project, images: int = 16) -> Project:
    """A new project in which blocks of images may end at multiples of a smaller number, as its probes are small."""
    module = project.folder / "workflow/scripts/linexp/probes/batches.py"
    before, after = (f"IMAGES_TOGETHER = {number}\n" for number in (2048, images))
    code = module.read_text()
    assert code.count(before) == 1
    module.write_text(code.replace(before, after))
    return project


def _compiled() -> list[Path]:
    """What Python and numba keep of what they have compiled; it goes by the times of files, which are copied too."""
    compileall.compile_dir(REPOSITORY / "workflow" / "scripts", quiet=1)
    return [
        path for path in (REPOSITORY / "workflow").rglob("__pycache__/*") if path.suffix in {".pyc", ".nbc", ".nbi"}
    ]


def new_project(folder: Path) -> Project:
    folder.mkdir(parents=True)
    for path in (*copied_code(), *_compiled()):
        there = folder / path.relative_to(REPOSITORY)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, there)
    project = Project(folder)
    project.configure(CONFIG)
    (folder / "tiny.json").write_text(json.dumps(TINY_MODEL))
    (folder / "mine.txt").write_text("guitar\nkitchen\n")
    return project
