"""What was measured, side by side: medians with their ranges, ratios, and whether one is above its limit."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# By side, by name of what was measured, seconds in the order of the rounds.
Measured = Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(frozen=True)
class Figure:
    """One thing that is measured: `most` is the limit in seconds, `slower` how many times the base it may be."""

    name: str
    title: str
    slower: float | None = None
    most: float | None = None
    # Shown in ms, for what takes less than a second.
    small: bool = False
    # The figure that it is compared with on its own side, instead of the base; and how many times that it may be.
    against: str = ""
    times: float = 1.0


FIGURES = (
    Figure("up", "`vagrant up` to a formed swarm of three, image built", slower=1.05, most=12),
    Figure("reset", "reset to an empty swarm between scenarios", slower=1.05, most=5),
    Figure("command", "one command on a machine", slower=1.05, small=True),
    Figure("command in a session", "the same in a persistent ssh session", small=True),
    Figure("flow", "full flow: scenario with its report", slower=1.05, against="shell", times=1.10),
    Figure("flow, no elections", "the same without the two elections", slower=1.05),
    Figure("shell", "full flow: shell script"),
    Figure("shell, no elections", "the same without the two elections"),
    Figure("plugin", "import of the plugin with a lab", most=0.3, small=True),
    Figure("entry", "import of what pytest loads in every session", most=0.05, small=True),
    Figure("setup", "second `make setup`", most=2),
)


@dataclass(frozen=True)
class Row:
    """A line of the table; `over` says which limits it is above, and is empty where it is above none."""

    cells: tuple[str, ...]
    over: tuple[str, ...] = field(default=())


def rows(measured: Measured, names: Sequence[str]) -> list[Row]:
    """A row for each figure that the last of the sides `names` has; where there are two, the first is the base."""
    head = measured[names[-1]]
    return [_row(figure, [measured[name].get(figure.name, ()) for name in names], head) for figure in FIGURES
            if head.get(figure.name)]  # fmt: skip


def table(measured: Measured, names: Sequence[str]) -> str:
    """The rows as Markdown."""
    compared = (names[0], names[1], "ratio") if len(names) == 2 else (names[0],)
    header = ("what", *compared, "limit")
    lines = [header, ["---"] * len(header), *(row.cells for row in rows(measured, names))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def over(measured: Measured, names: Sequence[str]) -> list[str]:
    """What is above its limit, in words."""
    return [reason for row in rows(measured, names) for reason in row.over]


def ratio(base: Sequence[float], head: Sequence[float]) -> float:
    """How many times the base's median."""
    return statistics.median(head) / statistics.median(base)


def _row(figure: Figure, values: Sequence[Sequence[float]], head: Mapping[str, Sequence[float]]) -> Row:
    now = values[-1]
    cells, exceeded, limits = [figure.title], [], []
    cells += [_spread(side, figure) if side else "" for side in values]
    if len(values) == 2:
        cells.append(_ratios(values[0], now) if values[0] else "")
        if values[0] and figure.slower is not None:
            limits.append(f"{figure.slower:.2f} times")
            if ratio(values[0], now) > figure.slower:
                exceeded.append(f"{figure.title}: {ratio(values[0], now):.2f} times, at most {figure.slower:.2f}")
    if figure.most is not None:
        limits.append(_unit(figure.most, figure))
        if statistics.median(now) > figure.most:
            exceeded.append(f"{figure.title}: {_unit(statistics.median(now), figure)}, at most {limits[-1]}")
    if figure.against and head.get(figure.against):
        limits.append(f"{figure.times:.2f} times the {figure.against}")
        if (found := ratio(head[figure.against], now)) > figure.times:
            exceeded.append(f"{figure.title}: {found:.2f} times the {figure.against}, at most {figure.times:.2f}")
    return Row((*cells, ", ".join(limits)), tuple(exceeded))


def _spread(values: Sequence[float], figure: Figure) -> str:
    scale, unit, digits = (1000, "ms", 1) if figure.small else (1, "s", 1)
    median, low, high = (f"{scale * each:.{digits}f}" for each in (statistics.median(values), min(values), max(values)))
    return f"{median} {unit} ({low} to {high}, n = {len(values)})"


def _ratios(base: Sequence[float], head: Sequence[float]) -> str:
    """The ratio of the medians, and the range of the ratios of rounds, which stood beside each other."""
    pairs: Iterable[float] = [now / then for then, now in zip(base, head, strict=False)]
    return f"{ratio(base, head):.2f} ({min(pairs):.2f} to {max(pairs):.2f})"


def _unit(seconds: float, figure: Figure) -> str:
    return f"{1000 * seconds:.0f} ms" if figure.small else f"{seconds:g} s" if seconds >= 10 else f"{seconds:.3g} s"
