"""The workflow as a module: of a Snakefile in another folder, beside rules of the user's own."""

import shutil

import pytest

from helpers.projects import Project

ALL_RULES = "use rule * from linexp"
OWN_RULES = """
rule mine:
    input: "results/net/layer4/scores.parquet"
    output: "{name}.txt"
    script: "{name}.py"
"""


def module(project: Project, tmp_path, uses: str = ALL_RULES, further: str = "", before: str = "") -> Project:
    """A folder without rules, that has the configuration and the results of a project and its workflow as a module."""
    folder = tmp_path / "module"
    folder.mkdir()
    for name in ("config.yaml", "tiny.json", "mine.txt"):
        shutil.copy2(project.folder / name, folder / name)
    for name in ("results", "profiles"):
        shutil.copytree(project.folder / name, folder / name)
    snakefile = project.folder / "Snakefile"
    text = f'{before}\nmodule linexp:\n    snakefile: "{snakefile}"\n{further}\n{uses}\n{OWN_RULES}'
    (folder / "Snakefile").write_text(text.replace("{name}", "count"))
    (folder / "count.py").write_text("open(snakemake.output[0], 'w').write('counted')\n")
    return Project(folder)


@pytest.mark.parametrize(
    ("uses", "further", "before"),
    [
        (ALL_RULES, "", ""),
        (f"{ALL_RULES} exclude simulate as linexp_*\nuse rule simulate from linexp", "", ""),
        (f"{ALL_RULES}\nuse rule simulate from linexp with:\n    threads: 1", "", ""),
        (ALL_RULES, "    config: config", 'configfile: "config.yaml"'),
        (ALL_RULES, '    config: config["own"]', 'config["own"] = __import__("yaml").safe_load(open("config.yaml"))'),
    ],
    ids=["all rules", "other names", "a rule changed", "a configuration", "a part of a configuration"],
)
def test_a_module_makes_nothing_again_that_the_workflow_has_made(uses, further, before, finished, tmp_path):
    own = module(finished, tmp_path, uses, further, before)
    assert own.planned() == {}
    name = "results/net/layer4/simulations/two/le_label.h5"
    (own.folder / name).unlink()
    assert [job.rule.removeprefix("linexp_") for job in own.plan(name).jobs] == ["simulate"]


def test_a_module_runs_beside_rules_of_ones_own(finished, tmp_path):
    """From another folder, with the same result; a rule of the user's has no recipe."""
    own, name = module(finished, tmp_path), "results/net/layer4/scores.parquet"
    (own.folder / name).unlink()
    own.run("count.txt")
    assert (own.folder / name).read_bytes() == (finished.folder / name).read_bytes()
    assert (own.folder / "count.txt").read_text() == "counted"
    assert not (own.folder / "results/.recipes/count.txt.json").exists()
    assert own.planned("count.txt") == {}


def test_a_module_of_one_copy_does_not_run_with_the_library_of_another(finished, tmp_path):
    other = finished.copy(tmp_path / "other")
    before = f"import sys; sys.path.insert(0, '{other.folder}/workflow/scripts'); import linexp"
    found = module(finished, tmp_path, before=before).plan()
    assert found.status != 0 and "Traceback" not in found.said
    assert found.last.startswith(f"linexp: linexp is imported from {other.folder}/workflow/scripts, not for ")
