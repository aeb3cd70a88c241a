"""The wheel without a clone: what is in it, and that results do not depend on which of the two made them."""

import hashlib
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from helpers import installed
from helpers.projects import REPOSITORY

pytestmark = pytest.mark.long
WORKFLOW = "linexp/_workflow/"


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return installed.sources(tmp_path_factory.mktemp("source") / "linexp")


@pytest.fixture(scope="module")
def built(source, tmp_path_factory) -> Path:
    return installed.wheel(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(built, tmp_path_factory) -> installed.Environment:
    return installed.install(built, tmp_path_factory.mktemp("environment") / "venv")


def test_a_wheel_has_the_whole_workflow_and_nothing_twice(built, source):
    with zipfile.ZipFile(built) as file:
        content = {name: file.read(name) for name in file.namelist()}
    twice = Counter(hashlib.sha256(data).hexdigest() for data in content.values() if data)
    assert twice.most_common(1)[0][1] == 1
    carried = {name.removeprefix(WORKFLOW) for name in content if name.startswith(WORKFLOW)}
    around = [path for part in ("Snakefile", "rules", "workflow", "envs", "profiles") for path in files(source / part)]
    library = source / "workflow/scripts/linexp"
    expected = {path.relative_to(source).as_posix() for path in around if not path.is_relative_to(library)}
    assert carried == expected | {"workflow/scripts/linexp.py"}
    inside = {path.relative_to(library.parent).as_posix() for path in files(library)}
    assert inside == {name for name in content if name.startswith("linexp/") and not name.startswith(WORKFLOW)}


def files(place: Path) -> list[Path]:
    found = [place, *place.rglob("*")]
    return [path for path in found if path.is_file() and "egg-info" not in str(path)]


@pytest.fixture
def folder(finished, environment, tmp_path) -> Path:
    """A folder that `linexp new` has made, with the configuration and the results of the finished project."""
    folder = tmp_path / "mine"
    environment.run(f"linexp new {folder}", tmp_path)
    for name in ("config.yaml", "tiny.json", "mine.txt"):
        shutil.copy2(finished.folder / name, folder / name)
    shutil.copytree(finished.folder / "results", folder / "results")
    return folder


def test_results_of_a_clone_are_those_of_an_installed_linexp(environment, finished, folder):
    assert "Nothing to be done" in environment.run("snakemake --cores 2", folder)
    name = "results/net/layer4/scores.parquet"
    (folder / name).unlink()
    said = environment.run(f"snakemake --cores 2 {name}", folder)
    assert "score_explanations" in said and "explain_linear" not in said
    assert (folder / name).read_bytes() == (finished.folder / name).read_bytes()


def test_an_upgrade_remakes_what_it_changes_and_nothing_else(environment, source, built, folder, tmp_path):
    changed = shutil.copytree(source, tmp_path / "changed")
    library = changed / "workflow/scripts/linexp"
    (library / "__init__.py").write_text('"""Another."""\n\n__version__ = "9.9.9"\n')
    metric = library / "metrics/cosine.py"
    metric.write_text(metric.read_text() + "\nCHANGED = True\n")
    environment.run("snakemake --cores 2", folder)
    try:
        installed.upgrade(installed.wheel(changed, tmp_path / "wheels"), environment)
        said = environment.run("snakemake --cores 2 --dry-run results/net/layer4/scores.parquet", folder)
    finally:
        installed.upgrade(built, environment)
    assert "linexp: results/net/layer4/scores.parquet is made again, reason: linexp/metrics/cosine.py changed" in said
    planned = [line.split()[0] for line in said.split("Job stats:")[1].splitlines()[3:5]]
    assert planned[0] == "score_explanations" and planned[1] == "total", said
    assert "Nothing to be done" in environment.run("snakemake --cores 2", folder)


def test_nothing_of_the_repository_is_used(environment, folder):
    said = environment.run(
        'python -c "from linexp import workflow; print(workflow.LIBRARY, workflow.SNAKEFILE)"', folder
    )
    assert str(REPOSITORY) not in said and said.count(str(environment.folder)) == 2
