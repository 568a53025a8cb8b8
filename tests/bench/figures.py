"""What was measured, as figures with their aims; as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import math
import os
import platform
import sqlite3
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

Verdict = Literal["ok", "missed", ""]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all (0 to 1) do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should be: `of` says whether the value itself counts or its ratio to the floor's."""

    sign: Literal["≤", "≥"]
    limit: float
    of: Literal["value", "ratio"] = "value"

    def met(self, value: float, floor: float | None) -> bool:
        measured = value
        if self.of == "ratio":
            assert floor is not None, "a ratio needs a floor"
            measured = value / floor
        return measured <= self.limit if self.sign == "≤" else measured >= self.limit

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:g}" + (" × floor" if self.of == "ratio" else "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `floor` is the same for the bare bot, None where there is no such thing."""

    measure: str
    name: str
    unit: str
    value: float
    floor: float | None = None
    aim: Aim | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def verdict(self) -> Verdict:
        if self.aim is None:
            return ""
        return "ok" if self.aim.met(self.value, self.floor) else "missed"


@dataclass(slots=True)
class Report:
    """Everything of a run. `faults` are broken promises (lost, twice, out of order): there is no aim
    that allows any."""

    scale: str
    figures: list[Figure] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])

    def add(self, figures: Iterable[Figure]) -> None:
        self.figures.extend(figures)

    def take(self, figures: Iterable[Figure], faults: Iterable[str]) -> None:
        self.add(figures)
        self.faults.extend(faults)

    def as_dict(self) -> dict[str, Any]:
        return {
            "begun": self.begun.isoformat(timespec="seconds"),
            "scale": self.scale,
            "machine": machine(),
            "load_before": round(self.load_before, 2),
            "figures": [
                {
                    "measure": figure.measure,
                    "name": figure.name,
                    "unit": figure.unit,
                    "kring": round(figure.value, 3),
                    "floor": None if figure.floor is None else round(figure.floor, 3),
                    "ratio": None if figure.ratio is None else round(figure.ratio, 3),
                    "aim": str(figure.aim) if figure.aim else None,
                    "verdict": figure.verdict or None,
                }
                for figure in self.figures
            ],
            "faults": self.faults,
            "notes": self.notes,
        }

    def write_json(self, path: Path) -> None:
        path.write_text(json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n")

    def table(self) -> str:
        head = ("", "unit", "Kring", "floor", "ratio", "aim", "")
        blocks: list[list[tuple[str, ...]]] = []
        measure = None
        for figure in self.figures:
            if figure.measure != measure:
                measure = figure.measure
                blocks.append([(measure, "", "", "", "", "", "")])
            blocks[-1].append(
                (
                    f"  {figure.name}",
                    figure.unit,
                    _shown(figure.value),
                    _shown(figure.floor),
                    f"{figure.ratio:.2f}" if figure.ratio is not None else "",
                    str(figure.aim or ""),
                    figure.verdict,
                )
            )
        rows = [head, *(row for block in blocks for row in block)]
        widths = [max(len(row[column]) for row in rows if row[1]) for column in range(len(head))]
        lines = []
        for row in rows:
            if not row[1]:
                lines += ["", row[0]]
                continue
            cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
            cells += [cell.rjust(width) for cell, width in zip(row[2:5], widths[2:5], strict=True)]
            cells += [row[5].ljust(widths[5]), row[6]]
            lines.append("  ".join(cells).rstrip())
        if self.notes:
            lines += ["", *self.notes]
        if self.faults:
            lines += ["", "Promises broken:", *(f"  {fault}" for fault in self.faults)]
        missed = sum(figure.verdict == "missed" for figure in self.figures)
        with_aim = sum(figure.aim is not None for figure in self.figures)
        lines += ["", f"{with_aim - missed} of {with_aim} aims met, {len(self.faults)} faults."]
        return "\n".join(lines)

    def markdown(self) -> str:
        return f"```\n{self.heading()}\n{self.table()}\n```\n"

    def heading(self) -> str:
        here = machine()
        return (
            f"{self.begun:%Y-%m-%d %H:%M} UTC, {self.scale}; {here['cores']} cores ({here['model']}),"
            f" Python {here['python']}, SQLite {here['sqlite']}, Synapse {here['synapse']};"
            f" load of the machine before: {self.load_before:.1f}"
        )


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine() -> dict[str, Any]:
    """What the figures depend on; nothing that tells one machine from another of its kind."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return {
        "cores": len(os.sched_getaffinity(0)),
        "model": model,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "synapse": metadata.version("matrix-synapse"),
    }
