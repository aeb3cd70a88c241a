"""A folder of one's own: a configuration, a Snakefile that uses the installed workflow, and what else it needs."""

from pathlib import Path

from ..errors import LinexpError
from ..workflow import PROFILES
from . import new_config

TEMPLATES = new_config.TEMPLATE.parent
FILES = {
    "config.yaml": (new_config.TEMPLATE, "what to explain, with what, and how: read it first"),
    "Snakefile": (TEMPLATES / "Snakefile", "the workflow of the installed linexp, and a place for rules of your own"),
    "networks.py": (TEMPLATES / "networks.py.txt", "a place for functions that return networks of your own"),
    "profiles/default/config.yaml": (PROFILES / "default/config.yaml", "how Snakemake runs here"),
    "profiles/slurm/config.yaml": (PROFILES / "slurm/config.yaml", "how it runs on a cluster"),
    ".gitignore": (TEMPLATES / "gitignore", "keeps results out of git"),
}
"""What is written: the file that it is made from, and what it is for."""


def write(folder: Path, model: str | None, images: Path | None) -> str:
    """Write the files of a new folder, and say which they are and what to do next.

    Parameters
    ----------
    model
        `SOURCE:NAME` of a network, such as timm:convnext_atto. Without one the configuration has an example.
    images
        The folder of the probing images. Without one the configuration names a folder that is to be made.

    Raises
    ------
    LinexpError
        One of the files is there; there are no such images; there is no such network. Nothing was written.
    """
    there = next((folder / name for name in FILES if (folder / name).exists()), None)
    if there:
        raise LinexpError(f"{there} is there already, so nothing was written; take another folder, or move it away")
    config, place = new_config.configuration(folder, model, images)
    try:
        for name, (source, _) in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            text = config if name == "config.yaml" else source.read_text(encoding="utf-8")
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise LinexpError(f"{folder} cannot be written ({error.strerror}); take another folder") from error
    return _what_is_there(folder, place)


def _what_is_there(folder: Path, place: str) -> str:
    files = {str(folder / name): remark for name, (_, remark) in FILES.items()}
    steps = {
        f"cd {folder}": "",
        "linexp check": "# which images and weights are there",
        "snakemake --cores all --dry-run": "# what would be done",
        "snakemake --cores all": f"# do it: results/{place}/scores.parquet, report/index.html",
    }
    tables = (_table(files, ""), _table(steps, "    "))
    return "\n\n".join(tables)


def _table(rows: dict[str, str], indent: str) -> str:
    width = max(map(len, rows))
    return "\n".join(f"{indent}{left:<{width}}  {right}".rstrip() for left, right in rows.items())
