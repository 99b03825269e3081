"""The yardstick of batching reads published instances and tells how far from the optimum the plans are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from fulfil.cli.entry import fulfil
from fulfil.sim.bench.batching import NoInstances, instances, read

HEAD = """NAME : four.txt
COMMENT : M\u00fcller
PICKER_CAPACITY : 4
NUM_AISLES : 3
NUM_CELLS : 10
DEPOT_AISLE : 0
DEPOT_LOCATION : bottom
DISTANCE_AISLE_TO_AISLE : 5
DISTANCE_CELL_TO_CELL : 1
DISTANCE_TOP_TO_CELL : 1
DISTANCE_BOTTOM_TO_CELL : 1
ARTICLE_SECTION
NUM_ARTICLES : 3
ID 0 WEIGHT 1
ID 1 WEIGHT 1
ID 2 WEIGHT 2
SKU_SECTION
ID 0 AISLE 0 CELL 9
ID 1 AISLE 2 CELL 9
ID 2 AISLE 2 CELL 8
ORDER_SECTION
NUM_ORDERS : 4
"""
ORDERS = (((0, 2),), ((1, 1), (2, 1)), ((0, 2),), ((1, 1),))
# Aisle 0 twice 1; aisle 2: twice 10 to get there, twice 2 into it. Both wishes of an aisle fit one tour.
OPTIMUM = 2 + 24


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "jobprp" / "Small"
    folder.mkdir(parents=True)
    orders = "".join(
        f"NUM_ARTICLES_IN_ORDER : {len(order)}\n"
        + "".join(f"ID {article} QUANTITY {pieces}\n" for article, pieces in order)
        for order in ORDERS
    )
    (folder / "four.txt").write_text(HEAD + orders, "latin-1")
    (tmp_path / "jobprp" / "published.csv").write_text(
        f"file,orders,capacity,optimum_upper,optimum_lower\nSmall/four.txt,4,4,{OPTIMUM},{OPTIMUM}\n"
        "Small/elsewhere.txt,4,4,1,1\n"
    )
    return tmp_path


def bench(*arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(fulfil, ["bench", "batching", *arguments])
    return ran.exit_code, ran.output


def test_an_instance_is_read_as_it_is_published(data: Path) -> None:
    (instance,) = instances(data, None)
    problem = read(instance.path)
    assert problem.sizes.tolist() == [2, 3, 2, 1]
    assert problem.masks.tolist() == [[512, 0, 0], [0, 0, 768], [512, 0, 0], [0, 0, 512]]
    assert problem.length(problem.masks[1:2]) == [24]


def test_it_tells_the_mean_gap_of_all_and_of_each_family(data: Path) -> None:
    code, told = bench("--data", str(data), "--seconds", "0.2", "--json")
    figures = json.loads(told)
    assert code == 0
    assert figures["mean_gap_percent"] == 0
    assert figures["families"]["Small"]["mean_gap_percent"] == 0
    assert (figures["instances"], figures["solved"]) == (1, 1)


def test_a_limit_takes_some_of_each_family_from_all_over(data: Path) -> None:
    family = data / "jobprp" / "Small"
    names = [f"{n}.txt" for n in range(10)]
    for name in names:
        (family / name).write_text((family / "four.txt").read_text("latin-1"), "latin-1")
    (data / "jobprp" / "published.csv").write_text(
        "file,optimum_lower\n" + "".join(f"Small/{name},26\n" for name in names)
    )
    assert [one.name for one in instances(data, 3)] == ["0.txt", "3.txt", "6.txt"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "published.csv").unlink(), "no published.csv"),
        (lambda folder: (folder / "Small" / "four.txt").unlink(), "names no file"),
        (lambda folder: (folder / "Small" / "four.txt").write_text("NUM_AISLES : 3\n"), "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(data: Path, change, said: str) -> None:
    change(data / "jobprp")
    code, told = bench("--data", str(data), "--json")
    assert code == 1
    assert said in told
    assert len(told.strip().splitlines()) == 1


def test_a_depot_at_the_top_is_the_same_floor_upside_down(data: Path) -> None:
    path = data / "jobprp" / "Small" / "four.txt"
    before = read(path).length(read(path).masks).tolist()
    text = path.read_text("latin-1").replace("DEPOT_LOCATION : bottom", "DEPOT_LOCATION : top")
    for aisle, cell in ((0, 9), (2, 9), (2, 8)):
        text = text.replace(f"AISLE {aisle} CELL {cell}\n", f"AISLE {aisle} CELL {9 - cell} \n")
    path.write_text(text, "latin-1")
    assert read(path).length(read(path).masks).tolist() == before
    path.write_text(text.replace("LOCATION : top", "LOCATION : nowhere"), "latin-1")
    with pytest.raises(NoInstances):
        read(path)
