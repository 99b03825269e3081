"""A shop of aisles that comes to rest, for races of tours, and the guard of whoever joins one taken out."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from fulfil.dispatch.service import joining
from fulfil.kit import states
from tests.dispatch.aisles import AisleShop
from tests.races import guards
from tests.races.together import at_once, in_order, in_reverse

TOGETHER = [at_once, in_order, in_reverse]


class Resting(AisleShop):
    """Comes to rest as a served shop does."""

    def at_rest(self) -> None:
        self.run()


@pytest.fixture
def shop(database_url: str) -> Iterator[Resting]:
    made = Resting(database_url)
    yield made
    made.kit.close()


def anybody_joins(patch: pytest.MonkeyPatch) -> None:
    """A tour that is over is joined like one that is walked."""
    patch.setattr(joining, "TourState", SimpleNamespace(WALKING="done"))
    patch.setattr(states.Machine, "next", guards._any_next)
