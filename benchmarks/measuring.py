"""What the benchmarks share: a clock, peak memory, the machine, and one way to print what was measured."""

import argparse
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Clock:
    """Seconds of named parts, in the order in which they were first measured.

    >>> clock = Clock()
    >>> with clock("read"):
    ...     pass
    """

    def __init__(self):
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - begin

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def peak_gib() -> float:
    """The maximum resident size of this process so far, GiB (`getrusage` counts the parent's where that is larger)."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**20


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> dict[str, Any]:
    """Processor, cores, memory and versions that times depend on."""
    import numpy
    import torch

    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": names[0].partition(":")[2].strip() if names else platform.processor(),
        "cores": cores(),
        "memory_gib": round(pages / 2**30, 1),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": torch.__version__,
    }


def beside(seconds: float, floor_seconds: float) -> dict[str, float]:
    """The figures that all benchmarks with a floor have."""
    return {"seconds": seconds, "floor_seconds": floor_seconds, "ratio": seconds / floor_seconds}


def argument_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the option that all benchmarks have: `--json`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of a table")
    return parser


def layer_parser(description: str) -> argparse.ArgumentParser:
    """The same with the sizes of a made-up layer, by default the paper's."""
    parser = argument_parser(description)
    parser.add_argument("--images", type=int, default=35_000, help="train images")
    parser.add_argument("--concepts", type=int, default=5_000, help="concepts that the filter keeps")
    parser.add_argument("--neurons", type=int, default=2_048)
    parser.add_argument("--dim", type=int, default=1_152, help="of the embeddings")
    return parser


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print what was measured, with the machine: as one line of JSON, or as a line for each figure.

    `peak_gib` is that of this process, unless the result has it of another.
    """
    result = result | {"peak_gib": result.get("peak_gib", round(peak_gib(), 2)), "machine": machine()}
    if as_json:
        print(json.dumps(_rounded(result)))
        return
    for name, value in _rounded(result).items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {part}" for key, part in value.items())
        print(f"{name:>24}  {value}")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else value
