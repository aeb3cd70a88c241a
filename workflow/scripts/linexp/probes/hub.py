"""Parquet files of data sets on the Hugging Face hub: fetched into a folder, with a record of them beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..artifacts import store
from ..errors import LinexpError, shortened
from ..jobs.downloads import downloading


def fetch(entry: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Fetch the Parquet files of a split; those that are in the folder already are not fetched again.

    Parameters
    ----------
    entry
        `repo`, `split`, `revision`; `subset` where there are several, `limit` where fewer files are enough.
    folder
        Where to.

    Returns
    -------
    list[dict[str, Any]]
        Of each file, in the order of the data set: `name` below the folder, `size` in bytes, `rows`.

    Raises
    ------
    LinexpError
        There is no such split, or it cannot be fetched.
    """
    from huggingface_hub import HfApi, hf_hub_download

    where = {"repo_id": entry["repo"], "repo_type": "dataset", "revision": entry["revision"]}
    found: list[dict[str, Any]] = []
    with downloading(f"probe: the data set {entry['repo']}", "run it where there is internet, or correct repo"):
        names = _of_split(HfApi().list_repo_files(**where), entry)
        for number, name in enumerate(names, start=1):
            print(f"fetching file {number} of {len(names)}: {name}", flush=True)
            path = Path(hf_hub_download(**where, filename=name, local_dir=folder))
            found.append({"name": name, "size": path.stat().st_size, "rows": _rows(path)})
            if entry.get("limit") and sum(file["rows"] for file in found) >= entry["limit"]:
                break
    return found


def _of_split(files: list[str], entry: Mapping[str, Any]) -> list[str]:
    """The Parquet files of a split, which lie in a folder subset/split."""
    splits: dict[tuple[str, str], list[str]] = {}
    for file in sorted(files):
        *_, subset, split, _name = ["", "", *file.split("/")]
        if file.endswith(".parquet"):
            splits.setdefault((subset, split), []).append(file)
    fitting = [
        names
        for (subset, split), names in splits.items()
        if split == entry["split"] and entry.get("subset") in (None, subset)
    ]
    if len(fitting) == 1:
        return fitting[0]
    listed = shortened(", ".join("/".join(place) for place in splits), 150)
    problem = "several subsets have the split" if fitting else "there is no split"
    raise LinexpError(
        f"probe: {entry['repo']}: {problem} {entry['split']!r}; give subset and split, of {listed or 'none'}"
    )


def _rows(path: Path) -> int:
    try:
        return pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError) as error:
        raise LinexpError(f"{path} is no Parquet file; delete it and run again") from error


def fetched_files(record: str | Path) -> list[str]:
    """The paths of the files that a record lists, which lie in a folder of its name beside it.

    Raises
    ------
    LinexpError
        One is not there as it was fetched.
    """
    folder = Path(record).with_suffix("")
    paths = []
    for file in store.read_json(record)["files"]:
        path = folder / file["name"]
        if not path.is_file() or path.stat().st_size != file["size"]:
            raise LinexpError(f"{path} is not as it was fetched; delete {record} and run again")
        paths.append(str(path))
    return paths
