"""Pictures of an order's goods, from customers and from pickers, told by their bytes (F6, F7)."""

from __future__ import annotations

from fulfil.kit.db import Tx
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.errors import NotAPhoto, PhotosTooMany, PhotoTooLarge
from fulfil.trade.aftersales.model import CasePhoto
from fulfil.trade.orders import service as order_service


def keep_shelf_photo(tx: Tx, order_no: int, key: str, body: bytes) -> None:
    """Keep a picture of a shelf under the name that its handheld gave it; the same name is the same picture.

    Raises UnknownOrder, PhotoTooLarge, NotAPhoto, PhotosTooMany.
    """
    order = order_service.lock(tx, order_no)
    if queries.shelf_photo(tx, order_no, key) is None:
        keep(tx, order_no, order.store_id, body, key=key)


def keep(tx: Tx, order_no: int, store_id: int, body: bytes, *, key: str | None = None) -> int:
    """Write a picture of an order, whose lock the caller holds; its number. With a `key` it shows a shelf.

    What pickers send takes no room from the customer. Raises PhotoTooLarge, NotAPhoto, PhotosTooMany.
    """
    media_type = _checked(body)
    if queries.photos_of_order(tx, order_no, of_shelves=key is not None) >= rules.PHOTOS_OF_ORDER_MAX:
        raise PhotosTooMany(most=rules.PHOTOS_OF_ORDER_MAX)
    photo_id = tx.number()
    tx.insert(
        CasePhoto,
        id=photo_id,
        store_id=store_id,
        order_no=order_no,
        case_id=None,
        key=key,
        media_type=media_type,
        body=body,
        created_at=tx.now,
    )
    return photo_id


def _checked(body: bytes) -> str:
    """What kind of picture it is, small when it is sent and when it is looked at.

    Raises PhotoTooLarge, NotAPhoto.
    """
    too_large = PhotoTooLarge(most=rules.PHOTO_BYTES_MAX, pixels_most=rules.PIXELS_MAX)
    if len(body) > rules.PHOTO_BYTES_MAX:
        raise too_large
    media_type, pixels = rules.media_type(body), rules.pixels(body)
    if media_type is None or not pixels:
        raise NotAPhoto()
    if pixels > rules.PIXELS_MAX:
        raise too_large
    return media_type


def show_in_case(tx: Tx, order_no: int, case_id: int, key: str) -> None:
    """Let a case show the picture that its report names; one that never came is left out."""
    tx.update(CasePhoto, {"order_no": order_no, "key": key}, case_id=case_id)
