"""What each stage may say of missing goods is understood by the stock."""

from fulfil.dispatch.rules import SHELF_EFFECT
from fulfil.handoff.service.left_out import OVERRUN
from fulfil.handoff.service.release import MISSING
from fulfil.packing.schema import Short
from fulfil.picking.schema import SHORT_REASONS


def test_every_reason_for_which_goods_are_short_says_what_lies_on_the_shelf() -> None:
    packing = Short().fields["reason"].validate.choices
    assert {*SHORT_REASONS, *packing, MISSING, OVERRUN} <= {*SHELF_EFFECT}
    assert {*SHELF_EFFECT.values()} == {"empty", "minus", "none"}
