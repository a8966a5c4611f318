"""Draw how likely the newest state is to win when some managers are restored, simulated and measured.

`python -m swarmdrill.raft.plot --measured FILE.json --out docs/images/restore-odds.svg`. Needs matplotlib, which is a
dependency of development only; nothing else imports this module.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from swarmdrill.base.statistics import wilson
from swarmdrill.raft.model import predict
from swarmdrill.raft.simulation import NEWEST, Restore, odds

MANAGERS = (3, 4, 5, 6, 7)
PANELS = {1: "A leader elected once since the backup", 2: "Elected twice"}
# Okabe and Ito's palette for colour-blind readers, its purple darker, as it has to be read on white; and a marker each.
STYLES = {3: ("#D55E00", "o"), 4: ("#777777", "s"), 5: ("#0072B2", "D"), 6: ("#B0508A", "^"), 7: ("#009E73", "v")}
TITLE = "How likely the newest state is to win"
_INK = "#1f2933"
_FAINT = "#d5dbe1"


@dataclass(frozen=True)
class Measured:
    """Trials on a real cluster.

    Args:
        managers, restored: how many there were, and how many of them got the backup.
        newest: in how many of the trials the newest state won.
        elections: how often a leader was elected between backup and restore.
    """

    managers: int
    restored: int
    newest: int
    trials: int
    elections: int = 1


def read_measured(path: Path) -> tuple[Measured, ...]:
    """The trials in a JSON file: a list of objects with the fields of `Measured`.

    Raises TypeError for other fields, ValueError for what is no JSON or belongs into no panel.
    """
    measured = tuple(Measured(**fields) for fields in json.loads(path.read_text()))
    for point in measured:
        if point.elections not in PANELS or point.managers not in STYLES or point.trials < 1:
            raise ValueError(f"{path}: there is no place for {point}")
    return measured


def chance(managers: int, restored: int, elections: int, trials: int) -> float:
    """How often the newest state wins, 0 to 1: as the model says where that is certain, else by simulation."""
    histories = predict(Restore(managers, restored, elections).logs()).histories
    if len(histories) == 1:
        return float(NEWEST in histories)
    counts = odds(managers, restored, trials, 1, elections=elections)
    return sum(count for outcome, count in counts.items() if outcome.history == NEWEST) / trials


def draw(measured: Sequence[Measured], trials: int) -> Figure:
    """Both panels; `trials` are simulated for each point that is not certain."""
    with _settings():
        figure = Figure(figsize=(7, 4.6), layout="constrained", facecolor="white")
        figure.suptitle(TITLE, x=0.01, ha="left", fontsize=13, fontweight="bold")
        panels = figure.subplots(1, len(PANELS), sharey=True)
        for axes, (elections, title) in zip(panels, PANELS.items(), strict=True):
            _furnish(axes, title)
            for managers in MANAGERS:
                _line(axes, managers, [chance(managers, k, elections, trials) for k in range(1, managers + 1)])
            for point in measured:
                if point.elections == elections:
                    _point(axes, point)
        panels[0].set_ylabel("restarts that end with the newest state")
        if measured:
            _legend(figure)
    return figure


def _settings() -> AbstractContextManager[None]:
    return mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "restore-odds", "font.size": 10, "text.color": _INK})


def _furnish(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.set_xlabel("managers restored")
    axes.set_xlim(0.6, max(MANAGERS) + 0.5)
    axes.set_ylim(-0.13, 1.06)
    axes.set_xticks(range(1, max(MANAGERS) + 1))
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.grid(axis="y", color=_FAINT, linewidth=0.8)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)


def _line(axes: Axes, managers: int, chances: Sequence[float]) -> None:
    colour, marker = STYLES[managers]
    axes.plot(range(1, managers + 1), chances, color=colour, marker=marker, markersize=5, linewidth=1.8)
    words = f"of {managers}"
    axes.annotate(
        words,
        (managers, 0),
        (0, -8),
        textcoords="offset points",
        color=colour,
        ha="center",
        va="top",
        fontweight="bold",
    )


def _point(axes: Axes, point: Measured) -> None:
    colour, marker = STYLES[point.managers]
    share = point.newest / point.trials
    low, high = wilson(point.newest, point.trials)
    axes.errorbar(
        [point.restored + 0.16],
        [share],
        yerr=[[share - low], [high - share]],
        color=colour,
        marker=marker,
        markersize=8,
        markerfacecolor="white",
        markeredgewidth=1.8,
        capsize=4,
        zorder=3,
    )


def _legend(figure: Figure) -> None:
    simulated = Line2D([], [], color=_INK, marker="o", markersize=5, linewidth=1.8, label="simulated")
    measured = Line2D(
        [],
        [],
        color=_INK,
        marker="o",
        markersize=8,
        markerfacecolor="white",
        markeredgewidth=1.8,
        linestyle="none",
        label="measured, 95 % interval",
    )
    handles: list[Artist] = [simulated, measured]
    figure.legend(handles=handles, loc="outside lower right", ncols=2, frameon=False)


def describe(measured: Sequence[Measured]) -> str:
    """What the picture shows, for who does not see it."""
    said = [
        "Two panels of lines, one line for each of 3 to 7 managers. While fewer than a majority are restored, the "
        "newest state always wins. From a majority on, with one election since the backup, it wins as often as a "
        "manager that was not restored stands for election first: 33 % for 2 of 3. With two it nearly always "
        "wins if a bare majority of an odd number is restored, and less often the more are."
    ]
    for point in measured:
        low, high = wilson(point.newest, point.trials)
        said.append(
            f"Measured with {point.restored} of {point.managers} restored: {point.newest} of {point.trials} times, "
            f"95 % interval {low * 100:.0f} to {high * 100:.0f} %."
        )
    return " ".join(said)


def svg(figure: Figure, description: str) -> str:
    """The picture as SVG with a title and a description, the same for the same input."""
    drawn = StringIO()
    with _settings():
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    start, _, rest = drawn.getvalue().partition("<svg ")
    attributes, _, content = rest.partition(">")
    named = f'<svg role="img" aria-labelledby="t d" {attributes}>\n<title id="t">{TITLE}</title>\n'
    return f'{start}{named}<desc id="d">{description}</desc>{content}'


def main(arguments: Sequence[str]) -> None:
    """Read the trials, simulate, and write the picture: SVG, or whatever else the file's name says."""
    parser = argparse.ArgumentParser(prog="python -m swarmdrill.raft.plot", description=TITLE)
    parser.add_argument("--measured", type=Path, help="trials on real clusters, a JSON file")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=1000, help="simulated for each point (default: 1000)")
    given = parser.parse_args(arguments)
    measured = read_measured(given.measured) if given.measured else ()
    figure = draw(measured, given.trials)
    if given.out.suffix == ".svg":
        given.out.write_text(svg(figure, describe(measured)))
    else:
        figure.savefig(given.out, dpi=200)


if __name__ == "__main__":
    main(sys.argv[1:])
