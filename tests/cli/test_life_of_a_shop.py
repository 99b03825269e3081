"""An owner's way from nothing to a served shop and back from its backup."""

import json
from pathlib import Path

from fulfil.sim.clients import Handheld, Http

HEADER = (
    "sku,gtin,name_zh,name_en,category,unit,pack,price_minor,currency,zone,location,on_hand,weighed,picture"
)
GOOD = "100001,6901234567892,苹果,Apples,fruit,each,500 g,990,CNY,ambient,A01-01-1,40,0,"
BAD = (
    "100002,6901234567890,梨,Pears,fruit,each,500 g,990,CNY,ambient,A01-01-2,40,0,",
    "100003,6901234567908,桃,Peaches,fruit,each,500 g,-5,CNY,moon,A01-01-3,40,0,",
)


def catalogue(folder: Path, *rows: str) -> str:
    (folder / "products.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return "products.csv"


def test_from_nothing_to_a_served_shop_and_back(place):
    admin = place.init()
    refuse_bad_rows_and_import_good_ones(place)
    added = ("--name-zh", "李雷", "--name-en", "Li Lei", "--role", "picker")
    first = place.json("staff", "add", "P001", *added)
    code = place.json("enrol")["codes"][0]

    server = place.serve()
    handheld = Handheld(Http(server.url), code)
    assert handheld.sign_in("P001", first["pin"])["person"]["badge"] == "P001"
    people_change_while_served(place, handheld, added)
    assert place.json("check") == {"ok": True, "violations": []}
    assert place.run("backup", "copies").returncode == 0
    assert place.run("staff", "add", "P003", *added).returncode == 0
    assert server.stop() == (0, "")

    ended = place.run("restore", "copies")
    assert ended.returncode == 1 and "--yes" in ended.stderr
    assert place.run("restore", "copies", "--yes").returncode == 0
    people = place.json("staff", "list")["people"]
    assert [person["badge"] for person in people] == ["A001", "P001", "P002"]
    assert (people[0]["name_zh"], people[0]["name_en"]) == ("店长", "Administrator")
    again = place.serve()
    handheld = Handheld(Http(again.url), place.json("enrol")["codes"][0])
    assert handheld.sign_in("A001", admin["pin"])["roles"]
    products = Http(again.url).call("GET", f"/api/v1/stores/{admin['store_id']}/products")["products"]
    assert [row["available"] for row in products if row["sku"] == "100001"] != []
    assert again.stop() == (0, "")


def test_a_programs_token_counts_until_it_is_revoked(place):
    """Through the running server: there its next request is refused."""
    shop = place.init()["store_id"]
    server = place.serve()
    made = place.json("token", "add", "till", "--role", "operator", "--role", "supervisor", "--store", shop)
    everywhere = place.json("token", "add", "books", "--role", "operator")
    path = f"/api/v1/exceptions?store_id={shop}"
    till, books = Http(server.url), Http(server.url)
    till.headers["Authorization"] = f"Bearer {made['token']}"
    books.headers["Authorization"] = f"Bearer {everywhere['token']}"
    assert till.exchange("GET", path)[0] == books.exchange("GET", path)[0] == 200
    first, second = place.json("token", "list")["tokens"]
    assert (first["id"], first["name"], first["roles"], first["stores"]) == (
        made["id"],
        "till",
        ["operator", "supervisor"],
        [shop],
    )
    assert (second["stores"], second["revoked_at"]) == (None, None)

    assert place.json("token", "revoke", made["id"]) == {"id": made["id"]}
    assert till.exchange("GET", path)[0] == 401
    assert books.exchange("GET", path)[0] == 200
    shown = place.run("token", "list").stdout
    assert [("revoked" in line, "every shop" in line) for line in shown.splitlines()] == [
        (True, False),
        (False, True),
    ]
    assert made["token"] not in shown and everywhere["token"] not in shown
    assert server.stop() == (0, "")
    again = place.run("token", "revoke", made["id"])
    assert again.returncode == 1 and "revoked already" in again.stderr


def test_what_holds_peoples_data_is_for_its_owner_only(place):
    place.init()
    assert place.run("backup", "copies").returncode == 0
    files = [*place.folder.glob("fulfil.db*"), *(place.folder / "copies").iterdir()]
    assert {file.name for file in files} >= {"fulfil.db", "fulfil.db.carts"}
    assert [file.name for file in files if file.stat().st_mode & 0o077 and not file.is_socket()] == []


def refuse_bad_rows_and_import_good_ones(place) -> None:
    path = catalogue(place.folder, GOOD, *BAD)
    refused = place.run("import", "catalog", path)
    assert refused.returncode == 1
    lines = refused.stderr.splitlines()
    assert any(line.startswith("products.csv:3: gtin: ") for line in lines)
    assert any(line.startswith("products.csv:4: price_minor: ") for line in lines)
    assert any(line.startswith("products.csv:4: zone: ") for line in lines)
    assert lines[-1].startswith("fulfil: nothing was imported")
    (place.folder / path).write_text("name,price\nmilk,1290\n", "utf-8")
    assert place.run("import", "catalog", path).stderr.startswith("products.csv:1: missing: sku, gtin, ")
    path = catalogue(place.folder, GOOD, *BAD)
    report = json.loads(place.run("import", "catalog", path, "--json").stdout)
    assert (report["applied"], report["rows"]) == (False, 3)
    report = place.json("import", "catalog", catalogue(place.folder, GOOD))
    assert (report["applied"], report["rows"], report["problems"]) == (True, 1, [])


def people_change_while_served(place, handheld: Handheld, added: tuple[str, ...]) -> None:
    """Commands reach the running server through the socket beside its database."""
    second = place.json("staff", "add", "P002", *added)
    other = Handheld(Http(handheld.http.base_url), place.json("enrol")["codes"][0])
    other.sign_in("P002", second["pin"])
    assert place.json("staff", "roles", "P002", "packer", "picker")["roles"] == ["packer", "picker"]
    place.json("staff", "disable", "P002")
    status, _ = other.http.exchange("GET", "/api/v1/terminal/work")
    assert status == 401
    assert place.json("import", "catalog", "products.csv")["applied"]


def test_who_founds_a_second_shop_is_told_that_commands_must_name_one(place):
    place.init()
    told = place.run(
        "init", "--name-zh", "徐汇店", "--name-en", "Xuhui", "--lat", "31.2", "--lng", "121.4"
    ).stdout
    assert "one of 2 shops here: say --store NUMBER" in told
    second = told.split()[4].rstrip(".")
    assert place.run("staff", "list").stderr.endswith("Say which one with --store.\n")
    assert [one["badge"] for one in place.json("staff", "list", "--store", second)["people"]] == ["A001"]
