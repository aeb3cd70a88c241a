"""How fitting grows: linear in images at constant memory, linear in neurons, at most quadratic in concepts.

    python benchmarks/growth.py --plot benchmarks/growth.png       # about ten minutes, 3 GB of disk
    python benchmarks/growth.py --images 2000 4000 --concepts 200 400 --neurons 64 128

Runs fit.py, each time in a process of its own, with one size changed and the others as below. `slope` is that of the
logarithm of the seconds over the logarithm of the size between the two largest: 1 is linear, 2 quadratic.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from measuring import argument_parser, show

SIZES = {
    "images": [10_000, 20_000, 50_000, 100_000, 200_000],
    "neurons": [1_024, 2_048, 4_096, 8_192],
    "concepts": [1_000, 2_000, 4_000, 8_000],
}
OTHERS = {
    "images": {"concepts": 1_000, "neurons": 512},
    "neurons": {"images": 10_000, "concepts": 1_000},
    "concepts": {"images": 20_000, "neurons": 512},
}


def measure(sizes: dict[str, int]) -> dict:
    """What fit.py measures; `images` are all images, of which 7 in 10 are train."""
    sizes = sizes | {"images": round(0.7 * sizes["images"])}
    options = [word for name, size in sizes.items() for word in (f"--{name}", str(size))]
    program = Path(__file__).with_name("fit.py")
    done = subprocess.run(
        [sys.executable, program, "--json", "--rounds", "2", *options], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"fit.py {' '.join(options)}: {done.stderr}")
    return json.loads(done.stdout)


def slope(sizes: list[int], seconds: list[float]) -> float:
    """Of the last two points, both logarithmic; NaN for one point."""
    if len(sizes) < 2:
        return float("nan")
    return float(np.diff(np.log(seconds[-2:]))[0] / np.diff(np.log(sizes[-2:]))[0])


def draw(path: str, curves: dict[str, dict]) -> None:
    """Seconds, floor and memory over each size."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(curves), figsize=(4 * len(curves), 3.6), layout="constrained")
    for axis, (name, curve) in zip(axes, curves.items(), strict=True):
        axis.loglog(curve["sizes"], curve["seconds"], "o-", color="#0072b2", label="seconds")
        axis.loglog(curve["sizes"], curve["floor_seconds"], "s--", color="#777777", label="bare products, seconds")
        axis.loglog(curve["sizes"], curve["peak_gib"], "^:", color="#d55e00", label="peak memory, GiB")
        axis.set_xticks(curve["sizes"], [f"{size:,}" for size in curve["sizes"]], rotation=45)
        axis.minorticks_off()
        axis.set_xlabel(name)
        others = ", ".join(f"{size:,} {other}" for other, size in OTHERS[name].items())
        axis.set_title(f"{others}\nslope at the end {curve['slope']:.2f}", fontsize=9)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argument_parser(__doc__)
    for name in SIZES:
        parser.add_argument(f"--{name}", type=int, nargs="+", help=f"sizes, instead of {SIZES[name]}")
    parser.add_argument("--plot", help="file to draw to")
    given = parser.parse_args()
    curves = {}
    for name, default in SIZES.items():
        sizes = getattr(given, name) or default
        found = [measure(OTHERS[name] | {name: size}) for size in sizes]
        seconds = [one["seconds"] for one in found]
        curves[name] = {
            "sizes": sizes,
            "seconds": seconds,
            "floor_seconds": [one["floor_seconds"] for one in found],
            "peak_gib": [one["fit_peak_gib"] for one in found],
            "slope": slope(sizes, seconds),
        }
    if given.plot:
        draw(given.plot, curves)
    show({"benchmark": "growth", **curves}, given.json)


if __name__ == "__main__":
    main()
