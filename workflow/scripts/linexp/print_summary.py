"""Print the means of a layer and where its results lie: `python -m linexp.print_summary results/target/layer`."""

import sys
from pathlib import Path

import pandas as pd


def summary_text(folder: Path) -> str:
    """A small table of means by method from `summary.csv`, and the places of the scores and the report."""
    lines = [f"{'method':<16} {'simulator':<20} {'correlation':>11}   95 % interval   {'concepts':>8}"]
    for row in pd.read_csv(folder / "summary.csv").itertuples():
        interval = f"{row.ci_low:.3f} to {row.ci_high:.3f}"
        lines.append(
            f"{row.method:<16} {row.simulator:<20} {row.correlation:>11.3f}   {interval:<15} {row.mean_length:>8.1f}"
        )
    lines += ["", f"scores: {folder / 'scores.parquet'}", f"report: {folder / 'report' / 'index.html'}"]
    return "\n".join(lines)


if __name__ == "__main__":
    print("\nMean correlation of simulated and real activations on unseen images:\n")
    print(summary_text(Path(sys.argv[1])))
