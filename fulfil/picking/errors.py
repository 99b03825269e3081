"""What picking refuses. None of these leaves an effect."""

from __future__ import annotations

from fulfil.kit.errors import Conflict


class LineUnknown(Conflict):
    code, title = "line_unknown", "This line is not on the ticket."


class LineClosed(Conflict):
    code, title = "line_closed", "This line is done already."


class OverPick(Conflict):
    code, title = "over_pick", "That is more than the customer ordered."

    def __init__(self, quantity: int, most: int) -> None:
        super().__init__(f"{quantity} would be in the tote; {most} is the most.", most=most)


class OverWeight(Conflict):
    """More grams than the shop gives away: other goods, a smaller cut, or what is short (floor rule 9)."""

    code, title = "over_weight", "That is too heavy for this order: cut it, take another, or report it."

    def __init__(self, grams: int, most: int) -> None:
        super().__init__(f"{grams} g would be in the tote; {most} g is the most.", most=most)


class NotPicked(Conflict):
    code, title = "not_picked", "That much has not been picked."


class MoreThanMissing(Conflict):
    code, title = "more_than_missing", "That is more than the line still needs."


class ToteNeeded(Conflict):
    code, title = "tote_needed", "Scan a tote first."


class ToteSetAside(Conflict):
    code, title = "tote_set_aside", "What is in this tote goes back to its shelves first: take another one."


class CountFirst(Conflict):
    code, title = "count_first", "Count what is in the totes before you go on."

    def __init__(self, totes: list[str]) -> None:
        super().__init__(f"Count {', '.join(totes)} first.", totes=totes)


class NothingToCount(Conflict):
    code, title = "nothing_to_count", "This tote needs no counting."


class SearchFirst(Conflict):
    """`seconds` are left of the search."""

    code, title = "search_first", "Search for the tote a little longer."


class LinesOpen(Conflict):
    code, title = "lines_open", "Some lines are still open."


class WrongPlace(Conflict):
    code, title = "wrong_place", "This place does not keep the temperature of the goods."


class UnknownPlace(Conflict):
    code, title = "unknown_place", "There is no such staging place."


class NotThisItem(Conflict):
    code, title = "not_this_item", "This item is not on the ticket."


class CodeUnknown(Conflict):
    code, title = "code_unknown", "Nothing here has this code."


class WeightNeeded(Conflict):
    code, title = "weight_needed", "Weigh these goods or scan their scale label."


class NotForThisKind(Conflict):
    code, title = "not_legal", "This ticket does not know that action."


class ColdOverrun(Conflict):
    code, title = "cold_overrun", "These goods were too long out of the cold: they are waste."
