"""What packing refuses. None of these leaves an effect."""

from __future__ import annotations

from fulfil.kit.errors import Conflict


class LineUnknown(Conflict):
    code, title = "line_unknown", "This line is not on the ticket."


class LineClosed(Conflict):
    code, title = "line_closed", "This line is done already."


class OverPack(Conflict):
    code, title = "over_pack", "That is more than was picked: put it aside as surplus."

    def __init__(self, left: int) -> None:
        super().__init__(left=left)


class NotPacked(Conflict):
    code, title = "not_packed", "That much has not been packed."


class MoreThanMissing(Conflict):
    code, title = "more_than_missing", "That is more than the line still needs."


class ToteOfOtherOrder(Conflict):
    """`order_no` says whose goods are in the tote."""

    code, title = "tote_of_other_order", "The tote holds another order's goods."

    def __init__(self, tote: str, order_no: int) -> None:
        super().__init__(f"The tote holds goods of order {order_no}.", tote=tote, order_no=str(order_no))


class ToteEmpty(Conflict):
    code, title = "tote_empty", "Nothing is in this tote."


class BagForeign(Conflict):
    code, title = "bag_foreign", "This bag belongs to another order."


class BagNotOpen(Conflict):
    code, title = "bag_not_open", "This bag is closed."


class BagEmpty(Conflict):
    code, title = "bag_empty", "Nothing is in this bag yet."


class WrongTemperature(Conflict):
    code, title = "wrong_temperature", "These goods need another temperature."


class LinesOpen(Conflict):
    code, title = "lines_open", "Some lines are still open."


class UnknownPlace(Conflict):
    code, title = "unknown_place", "There is no such bag shelf."


class CodeUnknown(Conflict):
    code, title = "code_unknown", "Nothing here has this code."


class NotThisItem(Conflict):
    code, title = "not_this_item", "This item is not in the order."
