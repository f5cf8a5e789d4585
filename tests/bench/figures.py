"""What was measured, as a table for people and JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: ours against something else, in `unit`; `ratio` must keep its bound, if any."""

    name: str
    unit: str
    ours: float
    against: str
    theirs: float
    ratio: float
    at_least: float | None = None
    at_most: float | None = None
    rounds: dict[str, list[float]] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether the ratio is where it must be."""
        low = self.at_least is None or self.ratio >= self.at_least
        high = self.at_most is None or self.ratio <= self.at_most
        return low and high

    @property
    def bound(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most is not None else ""


def compare(
    name: str,
    unit: str,
    ours: Sequence[float],
    against: str,
    theirs: Sequence[float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Figure:
    """The medians of the rounds and their ratio."""
    mine, other = median(ours), median(theirs)
    return Figure(
        name,
        unit,
        mine,
        against,
        other,
        mine / other,
        at_least,
        at_most,
        {"ours": [round(each, 4) for each in ours], "theirs": [round(each, 4) for each in theirs]},
    )


def table(figures: Sequence[Figure]) -> str:
    """A line for each figure."""
    head = ("", "ours", "against", "", "unit", "ratio", "bound", "")
    lines = [head] + [
        (
            figure.name,
            _number(figure.ours),
            _number(figure.theirs),
            figure.against,
            figure.unit,
            f"{figure.ratio:.2f}",
            figure.bound,
            "" if not figure.bound else "ok" if figure.held else "MISSED",
        )
        for figure in figures
    ]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place in (1, 2, 5) else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def as_json(setting: dict[str, object], figures: Sequence[Figure]) -> str:
    """Everything, rounds included."""
    return json.dumps(
        {"setting": setting, "figures": [asdict(each) | {"held": each.held} for each in figures]},
        ensure_ascii=False,
        indent=2,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
