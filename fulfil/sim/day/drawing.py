"""A tour on the floor plan, as SVG: the shelves, the walk, and whose goods are fetched where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from fulfil.store.rules import Floor
from fulfil.store.rules.floor import Block

PIXELS, EDGE, HEAD = 18, 1.6, 62  # a metre; metres around the block; pixels of words above it
SHELF, DOT = 0.3, 0.42  # of the way between two aisles, on either side of each; metres
FILLS = ("#4e79a7", "#e15759", "#59a14f", "#f28e2b", "#b07aa1", "#9c755f", "#76b7b2", "#edc948")


def drawn(floor: Floor, orders: Mapping[int, Sequence[str]]) -> str:
    """The one walk past the shelves of these orders, all in one block; stops are numbered in its turn."""
    (route,) = floor.routes(shelf for shelves in orders.values() for shelf in shelves)
    block = floor.part_of(route.order[0])
    alone = sum(walk.metres for shelves in orders.values() for walk in floor.routes(shelves))
    title = (
        f"{len(orders)} orders, {len(route.order)} shelves, one walk of {route.metres:.0f} m; "
        f"each order alone: {alone:.0f} m"
    )
    width = round((len(block.aisles) * block.pitch + 2 * EDGE) * PIXELS)
    height = round(HEAD + (block.depth + 2 * EDGE) * PIXELS)
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="11"><title>{escape(title)}</title>'
            f'<rect width="{width}" height="{height}" fill="#fff"/>'
            f'<text x="12" y="20" font-size="14">{escape(title)}</text>',
            *_legend(orders),
            *_shelves(block),
            _walk(block, route.corners),
            *_stops(block, route.order, orders),
            "</svg>\n",
        ]
    )


def _at(block: Block, x: float, y: float) -> tuple[float, float]:
    """Where metres of the plan are on the picture, whose y goes down."""
    return (
        round((x - block.x + block.pitch / 2 + EDGE) * PIXELS, 1),
        round(HEAD + (block.y + block.depth + EDGE - y) * PIXELS, 1),
    )


def _legend(orders: Iterable[int]) -> list[str]:
    return [
        f'<circle cx="{18 + 92 * at}" cy="40" r="6" fill="{FILLS[at % len(FILLS)]}"/>'
        f'<text x="{28 + 92 * at}" y="44">order {number}</text>'
        for at, number in enumerate(orders)
    ]


def _shelves(block: Block) -> list[str]:
    wide, tall = block.pitch * SHELF * PIXELS, ((block.bays - 1) * block.bay + block.end) * PIXELS
    found = []
    for number, code in enumerate(block.aisles):
        middle, back = _at(block, block.x + number * block.pitch, block.y + block.depth - block.end / 2)
        found += [
            f'<rect x="{middle + side * block.pitch * PIXELS / 2 - (side > 0) * wide:.1f}" y="{back}" '
            f'width="{wide:.1f}" height="{tall:.1f}" fill="#e8e8e8"/>'
            for side in (-1, 1)
        ]
        bottom = _at(block, 0, block.y)[1]
        found.append(f'<text x="{middle}" y="{bottom + 22}" text-anchor="middle" fill="#777">{code}</text>')
    return found


def _walk(block: Block, corners: Iterable[tuple[float, float]]) -> str:
    points = " ".join(f"{x},{y}" for x, y in (_at(block, *corner) for corner in corners))
    start = _at(block, *block.metres((block.aisles.index(block.start), 0.0)))
    return (
        f'<polyline points="{points}" fill="none" stroke="#333" stroke-width="2" stroke-opacity="0.55"/>'
        f'<rect x="{start[0] - 6}" y="{start[1] - 6}" width="12" height="12" '
        'fill="#333"><title>where the walk begins and ends</title></rect>'
    )


def _stops(block: Block, order: Sequence[str], orders: Mapping[int, Sequence[str]]) -> list[str]:
    """A dot for each shelf on its side of the aisle; of what is wanted twice, one beside the other."""
    found = []
    for turn, shelf in enumerate(order, start=1):
        x, y = _at(block, *block.metres(block.point(shelf)))
        side = 1 if int(shelf.rsplit("-", 1)[1]) % 2 else -1
        wanted = [at for at, shelves in enumerate(orders.values()) if shelf in shelves]
        for beside, at in enumerate(wanted):
            away = round(x + side * (0.75 + beside * 0.8) * DOT * 2 * PIXELS, 1)
            found.append(
                f'<circle cx="{away}" cy="{y}" r="{DOT * PIXELS:.1f}" '
                f'fill="{FILLS[at % len(FILLS)]}"><title>{escape(shelf)}</title></circle>'
                f'<text x="{away}" y="{y + 3.5}" text-anchor="middle" fill="#fff" '
                f'font-size="9">{turn}</text>'
            )
    return found
