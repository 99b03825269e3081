"""What the demo prints for people: where every screen is, how to sign in, what to try."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from unicodedata import east_asian_width

ROLES_TO_PLAY = ("picker", "cook", "packer", "counter", "rider", "supervisor")
PAGES = (
    ("Shop, for customers 顾客下单", "/"),
    ("Handheld, for pickers 拣货手持机", "/terminal"),
    ("Kitchen 后厨", "/kitchen"),
    ("Packing station 打包台", "/station"),
    ("Handover counter 交接台", "/counter"),
    ("Rider's phone 骑手", "/rider"),
    ("Supervisor's board 值班台", "/board"),
    ("Operators' console 控制台", "/console"),
)
TAKE_PART = (
    "  → is free for you. The others are played by the demo; sign in as one, and you take over.",
    "  Go on duty (available), and a ticket is pushed to you within about a minute.",
)
ENROLMENT = "  Staff screens ask once for an enrolment code (each is for one screen), then for badge and PIN:"
AS_CUSTOMER = (
    "  As a customer: order as a guest, or sign in with any phone number such as 13900000001; the code",
    "  is printed here (>>> SMS …); all other messages stand on the console, page Messages. Choose an",
    "  address near the shop and pay at the sandbox cashier: no real money moves. Then watch the order",
    "  on its tracking page.",
)
CODES_SHOWN = 8
TITLE_COLUMNS, NAME_COLUMNS = 34, 8


def welcome(shown: Mapping[str, Any], names: Mapping[str, tuple[str, str]], free: Collection[str]) -> str:
    """The demo's first page on the terminal. `names` are (Chinese, English) by badge; `free` nobody plays."""
    played = bool(free)
    begun = "a shop at work" if played else "a quiet shop, nobody works in it"
    pages = [f"  {_wide(title, TITLE_COLUMNS)}{shown['base_url']}{path}" for title, path in PAGES]
    codes = f"    {'  '.join(shown['enrolment_codes'][-CODES_SHOWN:])}"
    parts = [
        [f"  fulfil: {begun}."],
        pages,
        _staff(shown, names, free),
        [ENROLMENT, codes, *(TAKE_PART if played else ())],
        AS_CUSTOMER,
        ["  Ctrl-C ends it, and all is forgotten unless you named a database."],
    ]
    return "\n" + "\n\n".join("\n".join(part) for part in parts) + "\n"


def _staff(
    shown: Mapping[str, Any], names: Mapping[str, tuple[str, str]], free: Collection[str]
) -> list[str]:
    lines, administrator = [], shown["administrator"]
    free = {*free, administrator["badge"]} if free else free  # nobody plays the administrator either
    for person in (*shown["staff"], administrator):
        chinese, english = names[person["badge"]]
        lines.append(
            f"  {'→' if person['badge'] in free else ' '} {person['badge']:6}PIN {person['pin']}  "
            f"{', '.join(person['roles']):22}{_wide(chinese, NAME_COLUMNS)}{english}"
        )
    return lines


def _wide(text: str, columns: int) -> str:
    """`text` filled up to so many columns of a terminal; Chinese characters take two."""
    taken = sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(1, columns - taken)
