"""What the demo prints of its messages."""

import io

from fulfil.sim.codes import CodesAlone
from fulfil.trade.customers import service
from tests.trade.shop import build


def test_only_sign_in_codes_are_printed_and_stand_alone(sqlite_url):
    shop = build(sqlite_url)
    shop.kit.services["sms"] = CodesAlone(shop.kit.gateway, out := io.StringIO(), "sms")
    shop.pay(shop.place())
    shop.kit.services["sms"].send("13800005678", "Order 7 is delivered.", key="delivered:7")
    assert out.getvalue() == ""
    service.send_code(shop.kit, "13800005678")
    blank, line, *rest = out.getvalue().splitlines()
    assert line.startswith("  >>> SMS *******5678: 验证码 ") and [blank, *rest] == ["", ""]
    shop.kit.close()
