"""Images in Parquet files, and entries of them."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from linexp.errors import LinexpError
from linexp.probes.sources import open_source

HF_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def picture(number: int, mode: str = "RGB", size: tuple[int, int] = (9, 7)) -> Image.Image:
    rng = np.random.default_rng(number)
    channels = {"RGB": 3, "RGBA": 4, "CMYK": 4, "L": 1}.get(mode, 3)
    values = rng.integers(0, 256, (size[1], size[0], channels), np.uint8).squeeze()
    return Image.fromarray(values, mode if mode in ("RGBA", "CMYK", "L") else "RGB").convert(mode)


def png(number: int, **kwargs) -> bytes:
    buffer = io.BytesIO()
    picture(number, **kwargs).save(buffer, "PNG")
    return buffer.getvalue()


def pixels(number: int) -> np.ndarray:
    return np.asarray(picture(number))


def parquet(path: Path, numbers, labels=None, binary=False, group=1000, names=None, contents=None, **columns) -> str:
    contents = contents or [png(number) for number in numbers]
    if binary:
        table = {"image": pa.array(contents, pa.binary())}
    else:
        table = {"image": pa.array([{"bytes": c, "path": None} for c in contents], HF_IMAGE)}
    if labels is not None:
        table["label"] = labels if isinstance(labels, pa.Array) else pa.array(labels, pa.int64())
    table = pa.table(table | columns)
    if names:
        features = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    pq.write_table(table, path, row_group_size=group)
    return str(path)


def entry(*files: str, **further) -> dict:
    return {"kind": "parquet", "files": list(files), "image": "image", **further}


def refusal(settings: dict, class_names=None) -> str:
    with pytest.raises(LinexpError) as caught:
        open_source(settings | {"class_names": class_names})
    message = str(caught.value)
    assert "\n" not in message and ";" in message
    return message
