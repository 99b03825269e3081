"""One effect and one answer for a request that is sent twice."""

import pytest
import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.errors import Conflict
from fulfil.kit.idempotency import IdempotencyKey, KeyReused, once, prune
from tests.kit.parcels import Parcel, ids, together


def place(
    kit: Kit,
    number: int,
    *,
    key: str = "k",
    digest: str = "h",
    principal: str = "guest:1",
    answer: object = None,
):
    def effect(tx) -> object:
        tx.insert(Parcel, id=number)
        return answer

    return once(kit.db, "place", principal, key, digest, effect)


def test_the_second_gets_the_first_answer(kit: Kit) -> None:
    answer = {"order_no": "100001", "lines": [{"sku": "货", "price": 1}]}
    assert place(kit, 1, answer=answer) == answer
    assert place(kit, 2, answer={"other": 1}) == answer
    assert ids(kit) == [1]


def test_an_answer_may_be_empty(kit: Kit) -> None:
    assert place(kit, 1) is None and place(kit, 2) is None
    assert ids(kit) == [1]


def test_another_request_under_the_same_key_is_refused(kit: Kit) -> None:
    place(kit, 1, answer={})
    with pytest.raises(KeyReused) as refused:
        place(kit, 2, digest="other", answer={})
    assert (refused.value.status, refused.value.code) == (422, "idempotency_key_reused")
    assert ids(kit) == [1]


def test_a_repeat_is_answered_though_its_effect_would_be_refused_now(kit: Kit) -> None:
    def refuse(tx) -> None:
        tx.insert(Parcel, id=1)  # is there already
        raise Conflict

    place(kit, 1, answer={"ok": True})
    for _ in range(3):  # a statement is kept once it has been seen
        assert once(kit.db, "w", "guest:1", "k", "h", refuse) == {"ok": True}


def test_each_principal_has_keys_of_its_own(kit: Kit) -> None:
    place(kit, 1, answer={"of": 1})
    assert place(kit, 2, principal="guest:2", answer={"of": 2}) == {"of": 2}
    assert ids(kit) == [1, 2]


def test_a_refused_request_may_use_its_key_again(kit: Kit) -> None:
    def refuse(tx) -> None:
        raise Conflict

    with pytest.raises(Conflict):
        once(kit.db, "w", "guest:1", "k", "wrong", refuse)
    assert place(kit, 1, digest="right", answer={"ok": True}) == {"ok": True}


def test_twenty_at_once_have_one_effect(postgres_kit: Kit) -> None:
    results = together([lambda n=n: place(postgres_kit, n, answer={"n": n}) for n in range(20)])
    (number,) = ids(postgres_kit)
    assert results == [{"n": number}] * 20


def test_twenty_at_once_after_a_roll_back(postgres_kit: Kit) -> None:
    def attempt(number: int):
        def effect(tx) -> dict:
            tx.insert(Parcel, id=number)
            if number % 2:
                raise Conflict
            return {"n": number}

        return lambda: once(postgres_kit.db, "place", "guest:1", "k", "h", effect)

    results = together([attempt(number) for number in range(20)])
    (number,) = ids(postgres_kit)
    answers = [result for result in results if not isinstance(result, Conflict)]
    assert number % 2 == 0 and len(answers) >= 10 and answers == [{"n": number}] * len(answers)


def test_old_keys_are_forgotten(kit: Kit, clock) -> None:
    place(kit, 1, answer={})
    clock.advance(2 * 86_400)
    kit.db.write(prune, "prune")
    place(kit, 9, answer={})
    assert ids(kit) == [1]
    clock.advance(1)
    kit.db.write(prune, "prune")
    with kit.db.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey)) == 0
    place(kit, 2, answer={})
    assert ids(kit) == [1, 2]
