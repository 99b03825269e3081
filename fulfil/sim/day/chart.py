"""A day as a Gantt chart: who did what when, as SVG."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape

from fulfil.sim.day.orders import MIDNIGHT
from fulfil.sim.day.world import World

LEFT, TOP, ROW, HOUR = 96, 44, 18, 76
# Tours by how many orders they hold, then packing.
FILLS = {1: "#9ecae9", 2: "#6baed6", 3: "#4292c6", 4: "#2171b5", 5: "#08519c"}
PACKING = "#fdae6b"


def gantt(world: World, title: str) -> str:
    """One row for each person, one bar for each ticket or tour; its title tells which orders."""
    crew = sorted(
        [*world.gone, *world.people.values()],
        key=lambda a: (a.person.role != "picker", a.person.comes_at, a.person.id),
    )
    row = {at_work.person.id: number for number, at_work in enumerate(crew)}
    first = min(start for _, _, start, _, _ in world.bars)
    last = max(end for *_, end, _ in world.bars)
    begins, ends = int(_hours(first)), int(_hours(last)) + 1
    width, height = LEFT + (ends - begins) * HOUR + 12, TOP + len(crew) * ROW + 12

    def x(hours: float) -> float:
        return round(LEFT + (hours - begins) * HOUR, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="11"><title>{escape(title)}</title>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text x="{LEFT}" y="16" font-size="13">{escape(title)}</text>'
    ]
    parts += _legend(width)
    parts += [
        f'<path d="M{x(hour)} {TOP - 6}V{height - 10}" stroke="#ddd"/>'
        f'<text x="{x(hour) + 3}" y="{TOP - 8}" fill="#555">{hour % 24:02d}:00</text>'
        for hour in range(begins, ends + 1)
    ]
    for at_work in crew:
        top = TOP + row[at_work.person.id] * ROW
        there = x(_hours(at_work.person.comes_at)), x(_hours(at_work.person.goes_at))
        parts.append(
            f'<text x="6" y="{top + 13}">{at_work.person.role} {at_work.person.id}</text>'
            + _bar(there[0], top + 1, there[1] - there[0], "#f3f3f3")
        )
    for person_id, stage, start, end, orders in world.bars:
        top, left = TOP + row[person_id] * ROW + 2, x(_hours(start))
        fill = FILLS[min(len(orders), max(FILLS))] if stage == "picking" else PACKING
        parts.append(_bar(left, top, x(_hours(end)) - left, fill, f"{stage} {', '.join(map(str, orders))}"))
    return "".join([*parts, "</svg>\n"])


def _bar(left: float, top: float, width: float, fill: str, title: str = "") -> str:
    return (
        f'<rect x="{left}" y="{top}" width="{width:.1f}" height="{ROW - 4}" fill="{fill}">'
        f"<title>{escape(title)}</title></rect>"
    )


def _legend(width: int) -> list[str]:
    words = [
        *((fill, f"{count} order{'s' * (count > 1)}") for count, fill in FILLS.items()),
        (PACKING, "packing"),
    ]
    return [
        f'<rect x="{width - 92 * (len(words) - at)}" y="6" width="11" height="11" fill="{fill}"/>'
        f'<text x="{width - 92 * (len(words) - at) + 15}" y="16">{word}</text>'
        for at, (fill, word) in enumerate(words)
    ]


def _hours(when: datetime) -> float:
    return (when - MIDNIGHT) / timedelta(hours=1)
