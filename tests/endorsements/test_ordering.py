"""The order of the undersigned: by name, the leads first, or by hand, and what becomes of places meanwhile."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, event, insert, select

from coalition.base.database import Database
from coalition.base.refused import NotFound, Overtaken, Refused
from coalition.demo import sample
from coalition.endorsements import actions as answers
from coalition.endorsements import merging, ordering, records, unmerging
from coalition.endorsements.ordering import Moved, Standing, To
from coalition.endorsements.undersigned import grouped
from coalition.history import records as history
from coalition.letters import records as letters
from coalition.letters.rules import Letter
from coalition.tables import endorsements, invitations, organisations
from tests import cast

GROUP = sample.GROUPS[0]
NAMES = ("Anti-Slavery International", "ECPAT UK", "NSPCC", "The Poppy Project")  # as they stand by name, leads first
WHO = "Eva Sample"


@dataclass(frozen=True)
class Ordered:
    database: Database
    slug: str
    now: datetime

    @property
    def letter(self) -> Letter:
        return self.database.read_now(letters.letter_by_slug, self.slug)

    @property
    def names(self) -> list[str]:
        """As they are printed."""
        found = self.database.read_now(records.standing, self.letter.id)
        return [line.organisation for group in grouped(found, self.letter) for line in group.lines]

    def id(self, name: str) -> int:
        wanted = select(endorsements.c.id).where(endorsements.c.name == name)
        return self.database.read_now(lambda connection: connection.execute(wanted).scalar_one())

    def choose(self, order: str) -> Letter:
        return self.database.write_now(ordering.choose, self.slug, self.letter.revision, order, WHO, self.now)

    def move(self, name: str, to: To) -> Moved:
        return self.database.write_now(ordering.move, self.slug, self.id(name), to, WHO, self.now)

    def nonce(self, name: str) -> str:
        return self.database.read_now(sample.nonces, self.letter)[name][0]

    def endorse(self, name: str, group: str = GROUP) -> None:
        given = sample.answer(name, group, 1)
        self.database.write_now(answers.endorse, self.nonce(name), given, None, self.now)

    def withdraw(self, name: str) -> None:
        self.database.write_now(answers.withdraw, self.nonce(name), None, self.now)

    def deeds(self, deed: str) -> list[history.Entry]:
        return [one for one in self.database.read_now(history.entries, self.letter.id) if one.deed == deed]


@pytest.fixture
def ordered(database: Database, now: datetime) -> Ordered:
    _, letter = database.write_now(cast.begin, now)
    there = Ordered(database, letter.slug, now)
    for name in reversed(NAMES):
        there.endorse(name)
    return there


def test_the_order_is_chosen_and_what_was_placed_by_hand_is_kept_for_later(ordered: Ordered) -> None:
    antislavery, ecpat, nspcc, poppy = NAMES
    assert ordered.names == list(NAMES)
    ordered.choose("hand")
    assert ordered.names == list(NAMES)  # nobody is placed yet
    assert ordered.move(poppy, To("place", 1)).place == 1
    moved = ordered.move(nspcc, To("before", ordered.id(antislavery)))
    assert (moved.one.name, moved.place, moved.of, moved.changed) == (nspcc, 2, 4, True)
    assert ordered.names == [poppy, nspcc, antislavery, ecpat]
    ordered.choose("name")
    assert ordered.names == [antislavery, ecpat, nspcc, poppy]
    ordered.choose("hand")
    assert ordered.names == [poppy, nspcc, antislavery, ecpat]
    assert [one.data["order"] for one in ordered.deeds("order chosen")] == ["hand", "name", "hand"]


def test_a_move_that_comes_twice_is_done_once(ordered: Ordered) -> None:
    ordered.choose("hand")
    up = To("before", ordered.id(NAMES[1]))
    first, second = (ordered.move(NAMES[2], up) for _ in range(2))
    assert (first.place, first.changed, second.place, second.changed) == (2, True, 2, False)
    assert len(ordered.deeds("place given")) == 1


def test_any_move_gives_just_that_order_and_writes_few_rows() -> None:
    luck = random.Random(3)  # noqa: S311
    for case in range(20):
        many = luck.choice([1, 2, 3, 8, 40])
        ends = [None, 2**31 - 1 - many, 1 - 2**31][case % 3]  # nobody placed; or all without room, at an end
        rows = [_standing(id, None if ends is None else ends + id) for id in range(many)]
        for turn in range(150):
            one = rows[luck.randrange(many)]
            others = [row for row in rows if row != one]
            target = luck.randrange(many) if luck.random() < 0.5 else min(1, many - 1)  # often the same spot
            wanted = [row.id for row in (*others[:target], one, *others[target:])]
            written = dict(ordering.places(others, target, one))
            assert turn < many or None in {row.place for row in rows} or len(written) < 8
            rows = [row._replace(place=written.get(row.id, row.place)) for row in rows]
            rows.sort(key=lambda row: (row.place is None, row.place or 0, row.name))
            assert [row.id for row in rows] == wanted
            assert all(abs(row.place or 0) < 2**31 for row in rows)


def _standing(id: int, place: int | None) -> Standing:
    return Standing(id, id, f"Trust {id:03}", GROUP, place, "", "", False)


def test_who_endorses_later_stands_after_those_placed_and_is_lost_to_nobody(ordered: Ordered) -> None:
    antislavery, ecpat, nspcc, poppy = NAMES
    ordered.choose("hand")
    ordered.move(poppy, To("place", 1))
    ordered.move(nspcc, To("place", 2))
    ordered.endorse("The Lantern Society")
    ordered.endorse("Brackenmoor Women’s Centre")
    later = ["Brackenmoor Women’s Centre", "The Lantern Society"]
    assert ordered.names == [poppy, nspcc, antislavery, ecpat, *later]
    ordered.endorse(poppy)  # once more, with the same place
    assert ordered.names[0] == poppy
    ordered.endorse(poppy, sample.GROUPS[1])  # in another group it is new
    ordered.endorse(poppy)
    assert ordered.names == [nspcc, antislavery, ecpat, later[0], later[1], poppy]
    assert ordered.move(nspcc, To("name")).place == 5  # the leads, then by name
    assert ordered.names == [antislavery, ecpat, *later, nspcc, poppy]


def test_what_happens_meanwhile_loses_nothing(ordered: Ordered) -> None:
    antislavery, ecpat, nspcc, poppy = NAMES
    ordered.choose("hand")
    ordered.move(poppy, To("place", 1))
    beside = ordered.id(poppy)
    ordered.withdraw(poppy)
    with pytest.raises(NotFound, match="does not stand"):
        ordered.move(poppy, To("place", 2))
    with pytest.raises(Overtaken, match="not in this group any more"):
        ordered.move(nspcc, To("after", beside))
    with pytest.raises(Refused, match="from 1 to 3"):
        ordered.move(nspcc, To("place", 4))
    ordered.endorse(poppy)
    assert ordered.names == [poppy, antislavery, ecpat, nspcc]
    seen = ordered.letter.revision
    ordered.choose("leads")
    with pytest.raises(Overtaken, match="places that were given are kept"):
        ordered.move(nspcc, To("place", 1))
    with pytest.raises(Overtaken):
        ordered.database.write_now(ordering.choose, ordered.slug, seen, "name", WHO, ordered.now)


def test_merging_keeps_the_place_and_undoing_gives_it_back(ordered: Ordered) -> None:
    antislavery, ecpat, nspcc, poppy = NAMES
    ordered.choose("hand")
    ordered.move(nspcc, To("place", 1))

    def merge(connection: Connection) -> int:
        kept, gone = (
            connection.execute(select(organisations.c.id).where(organisations.c.name == name)).scalar_one()
            for name in (antislavery, nspcc)
        )
        seen = merging.plan(connection, kept, gone).digest
        return merging.merge(connection, kept, gone, seen, WHO, ordered.now)

    ordered.database.write_now(
        answers.endorse, ordered.nonce(antislavery), sample.answer(antislavery, GROUP, 7), None, ordered.now + HOUR
    )
    done = ordered.database.write_now(merge)
    assert ordered.names == [antislavery, ecpat, poppy]
    ordered.move(antislavery, To("place", 2))  # an order is no reason why a merge could not be undone
    assert ordered.names == [ecpat, antislavery, poppy]
    ordered.database.write_now(unmerging.undo, done, WHO, ordered.now)
    assert ordered.names == [ecpat, nspcc, antislavery, poppy]


HOUR = timedelta(hours=1)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def hear(*args: object) -> None:
        said.append(str(args[2]))

    event.listen(database.engine, "before_cursor_execute", hear)
    yield said
    event.remove(database.engine, "before_cursor_execute", hear)


def test_a_move_among_thousands_writes_one_row_in_a_handful_of_statements(ordered: Ordered) -> None:
    ordered.choose("hand")
    ordered.database.write_now(_crowd, ordered, 2000)
    name = "Crowd 7"
    with counted(ordered.database) as said:
        assert ordered.move(name, To("place", 2004)).place == 2004  # all before it are placed now
        assert ordered.move(name, To("place", 1000)).place == 1000
    assert len(said) < 20
    assert ordered.names[999] == name
    places = ordered.database.read_now(_places)
    ordered.move(name, To("place", 1500))
    assert len(ordered.database.read_now(_places) ^ places) == 2  # one row, before and after


def _places(connection: Connection) -> set[tuple[int, int | None]]:
    return {(id, place) for id, place in connection.execute(select(endorsements.c.id, endorsements.c.place))}


def _crowd(connection: Connection, ordered: Ordered, many: int) -> None:
    """As many more endorsements, straight into the tables."""
    letter = letters.letter_by_slug(connection, ordered.slug)
    one = connection.execute(select(organisations).where(organisations.c.name == NAMES[0])).mappings().one()
    asked = connection.execute(select(invitations).where(invitations.c.letter_id == letter.id)).mappings().first()
    given = connection.execute(select(endorsements)).mappings().first()
    assert asked
    assert given
    ids = range(100_000, 100_000 + many)
    connection.execute(
        insert(organisations),
        [{**one, "id": id, "name": f"Crowd {id - 99_999}", "register_id": None} for id in ids],
    )
    connection.execute(
        insert(invitations),
        [{**asked, "id": id, "organisation_id": id, "nonce": str(id)} for id in ids],
    )
    connection.execute(
        insert(endorsements),
        [
            {
                **given,
                "id": id,
                "organisation_id": id,
                "invitation_id": id,
                "name": f"Crowd {id - 99_999}",
                "place": None,
            }
            for id in ids
        ],
    )
