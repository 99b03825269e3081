"""Pictures are told by their first bytes; a complaint takes along three at most, and nobody else's."""

import io
from functools import partial

import pytest
from PIL import Image

from fulfil.app.wiring import create_app
from fulfil.trade.aftersales import queries, rules, service
from tests.trade import shop as building
from tests.trade.aftersales.test_complaints import bought, complain, line, nothing_stumbles, refused

__all__ = ["bought", "nothing_stumbles"]  # fixtures
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\0\x20" * 2 + b"0" * 40


def sized(width, height):
    """A picture that says of itself how large it is."""
    return PNG[:16] + width.to_bytes(4) + height.to_bytes(4) + PNG[24:]


def drawn(kind, width, height):
    body = io.BytesIO()
    Image.new("L", (width, height)).save(body, kind)
    return body.getvalue()


def keep(shop, body):
    return shop.centre.write(lambda tx: service.keep_photo(tx, shop.order_no, body))


def test_a_complaint_takes_its_photos_along(bought):
    photos = [keep(bought, PNG) for _ in range(2)]
    case_id = complain(bought, line(1, 1), photos=photos)
    assert bought.centre.read(queries.photo_ids, bought.order_no, case_id) == photos
    assert refused(complain, bought, line(2, 1), photos=photos).code == "unknown_photo"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_a_photo"),
        (b"<svg onload=alert(1)>", "not_a_photo"),
        (b"GIF89a" + b"0" * 20, "not_a_photo"),
        (b"RIFF0000WAVEfmt ", "not_a_photo"),
        (PNG + b"0" * 300 * 1024, "photo_too_large"),
        (PNG[:20], "not_a_photo"),
        (PNG[:8], "not_a_photo"),
        (b"\xff\xd8\xff\xe0" + b"0" * 40, "not_a_photo"),
        (sized(0, 100), "not_a_photo"),
        (sized(2**31, 2**31), "photo_too_large"),
        (sized(24_000_001, 1), "photo_too_large"),
    ],
)
def test_what_is_no_picture_is_not_kept(bought, body, code):
    assert refused(keep, bought, body).code == code


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_is_small_to_send_and_huge_to_look_at_is_not_kept(bought, monkeypatch, kind):
    monkeypatch.setattr(rules, "PIXELS_MAX", 100 * 100)
    assert keep(bought, drawn(kind, 100, 100))
    assert refused(keep, bought, drawn(kind, 101, 100)).code == "photo_too_large"


def test_an_order_has_room_for_so_many(bought):
    for _ in range(rules.PHOTOS_OF_ORDER_MAX):
        keep(bought, PNG)
    assert refused(keep, bought, PNG).code == "photos_too_many"


def test_pictures_of_shelves_take_no_room_from_the_customer_and_are_not_theirs(bought):
    for number in range(rules.PHOTOS_OF_ORDER_MAX):
        bought.centre.write(
            partial(service.keep_shelf_photo, order_no=bought.order_no, key=str(number), body=PNG)
        )
    shelf = bought.centre.read(queries.shelf_photo, bought.order_no, "0")
    assert refused(complain, bought, line(1, 1), photos=[shelf.id]).code == "unknown_photo"
    complain(bought, line(1, 1), photos=[keep(bought, PNG)])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (PNG, "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\xff\xd8", None),
        (b"", None),
        (b"RIFF\x00\x00\x00\x00", None),
    ],
)
def test_what_a_picture_is(body, kind):
    assert rules.media_type(body) == kind


@pytest.mark.parametrize("said", ["Content-Length", "Transfer-Encoding"])
def test_a_huge_picture_is_refused_at_the_door_however_it_is_sent(sqlite_url, said):
    made = building.build(sqlite_url)
    client = create_app(made.kit).test_client()
    token = client.post("/api/v1/guests").get_json()["token"]
    body = PNG + b"0" * rules.PHOTO_BYTES_MAX
    sent = {"Content-Length": str(len(body))} if said == "Content-Length" else {said: "chunked"}
    answer = client.post(
        "/api/v1/orders/7/photos",
        input_stream=io.BytesIO(body),
        environ_overrides={"wsgi.input_terminated": said != "Content-Length"},
        headers={"Authorization": f"Bearer {token}", "Content-Type": "image/png", **sent},
    )
    assert (answer.status_code, answer.get_json()["code"]) == (413, "photo_too_large")
    made.kit.close()
