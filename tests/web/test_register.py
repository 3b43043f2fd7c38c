"""Looking a name up at the desk while adding an organisation; with the service down the desk is the same."""

import asyncio
import re
import time
from collections.abc import Iterator

import pytest

from coalition.base import fetching
from coalition.invitations.tracker import tracking
from coalition.invitations.tracker.tracking import Filter
from coalition.organisations.registers.register import AWAY
from tests.cast import Campaign
from tests.registers import answer, crooked, reconciling, silent, with_register
from tests.rows import all_rows

FORM = {"name": "The Poppy Project", "group": "", "email": "poppy@sample.example", "contact_name": "Sample Contact"}
NEW = {**FORM, "name": "Sampleton Kiln Society"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with reconciling(tmp_path_factory.mktemp("register")) as url:
        yield url


@pytest.fixture
def here(eva: Campaign) -> "_WithRegister":
    return _WithRegister(eva)


class _WithRegister:
    """Eva's site with a register; without one until `use`."""

    def __init__(self, eva: Campaign) -> None:
        self.eva, self.desk = eva, f"/desk/letters/{eva.letter.slug}"

    def use(self, url: str) -> Campaign:
        return with_register(self.eva, url)


async def test_what_is_typed_is_looked_up_with_score_and_link(here: _WithRegister, service: str) -> None:
    async with here.use(service).at_desk() as desk:
        found = (await desk.get("/desk/register", params={"name": "The Poppy Project"})).json()
        assert found["problem"] == ""
        assert found["candidates"][0] == {
            "id": "GB-CHC-901001",
            "name": "The Poppy Project",
            "score": 100.0,
            "match": True,
            "kind": "",
            "link": service.replace("/reconcile", "/preview/GB-CHC-901001"),
            "register_id": "GB-CHC-901001",
        }
        assert (await desk.get(found["candidates"][0]["link"])).status_code in (200, 404)
        short = (await desk.get("/desk/register", params={"name": "Po"})).json()
        assert short["candidates"] == []
        assert "three letters" in short["problem"]


async def test_nobody_but_a_coordinator_can_look_a_name_up(here: _WithRegister, service: str) -> None:
    async with here.use(service).browser() as stranger:
        answered = await stranger.get("/desk/register", params={"name": "The Poppy Project"})
        assert (answered.status_code, answered.headers["location"]) == (303, "/sign-in")


async def test_without_scripts_a_button_looks_it_up_and_nothing_typed_is_lost(
    here: _WithRegister, service: str
) -> None:
    eva = here.use(service)
    before = eva.database.read_now(all_rows)
    async with eva.at_desk() as desk:
        page = await desk.post(f"{here.desk}/add", data={**FORM, "look_up": "yes", "contact_role": "Rôle"})
        assert page.status_code == 200
        for typed in ("The Poppy Project", "poppy@sample.example", "Sample Contact", "Rôle"):
            assert typed in page.text
        assert "Is it one of these in the register?" in page.text
        assert re.search(r'value="GB-CHC-901001"\s+checked', page.text), "the register is sure"
        assert "the register is sure" in page.text
        assert service.replace("/reconcile", "/preview/GB-CHC-901001") in page.text
        after = eva.database.read_now(all_rows)
        changed = {name for name in after if after[name] != before[name]}
        assert changed <= {"register_answers", "links", "history"}  # signing in is what else happened
        done = await desk.post(f"{here.desk}/add", data={**FORM, "name": "Poppy", "pick": "GB-CHC-901001"})
        assert done.status_code == 303
    rows = eva.database.read_now(all_rows)["organisations"]
    assert [row for row in rows if "GB-CHC-901001" in row and "Poppy" in row]


async def test_the_directory_looks_names_up_too(here: _WithRegister, service: str) -> None:
    eva = here.use(service)
    known = {"name": "Poppy", "country": "Cymru"}
    async with eva.at_desk() as desk:
        added = await desk.post("/desk/directory/add", data=known)
        for there in ("/desk/directory/add", f"{added.headers['location'].partition('?')[0]}/edit"):
            opened = (await desk.get(there)).text
            assert "register.js" in opened
            assert opened.index("Look the name up</button>") > opened.index('name="signing_note"')
            page = await desk.post(there, data={**known, "name": "The Poppy Project", "look_up": "yes"})
            assert page.status_code == 200
            assert "Is it one of these in the register?" in page.text
            assert "Cymru" in page.text
        picked = {**known, "pick": "GB-CHC-901001", "revision": "0"}
        assert (await desk.post(there, data=picked)).status_code == 303
    rows = eva.database.read_now(all_rows)["organisations"]
    assert [row for row in rows if "GB-CHC-901001" in row and "Poppy" in row]


async def test_the_enter_key_adds_it_does_not_look_it_up(here: _WithRegister, service: str) -> None:
    async with here.use(service).at_desk() as desk:
        page = (await desk.get(f"{here.desk}/add")).text
        form = page[page.index(f'action="{here.desk}/add"') :]
        assert form.index(">Add</button>") < form.index(">Look the name up</button>")


async def test_a_name_that_is_not_there_is_said_to_be_none_and_can_be_added(here: _WithRegister, service: str) -> None:
    async with here.use(service).at_desk() as desk:
        page = await desk.post(f"{here.desk}/add", data={**FORM, "name": "Xq 77", "look_up": "yes"})
        assert "The register knows nothing like" in page.text
        assert "Xq 77" in page.text


async def test_without_a_register_the_page_says_nothing_of_one(here: _WithRegister) -> None:
    async with here.use("").at_desk() as desk:
        page = (await desk.get(f"{here.desk}/add")).text
        assert "register.js" not in page
        assert "Look the name up" not in page
        said = (await desk.get("/desk/register", params={"name": "The Poppy Project"})).json()
        assert "No register" in said["problem"]
        assert (await desk.post(f"{here.desk}/add", data=NEW)).status_code == 303


async def test_what_a_register_says_is_text(here: _WithRegister) -> None:
    said = b'{"identifierSpace": "x", "view": {"url": "https://r.example/{{id}}"}, "q0": {"result": [{"id": "a\\"><script>", "name": "<script>alert(1)</script>", "score": 1, "match": false, "type": "<i>"}]}}'  # noqa: E501
    with crooked(answer(said)) as server:
        async with here.use(server.url).at_desk() as desk:
            page = (await desk.post(f"{here.desk}/add", data={**FORM, "look_up": "yes"})).text
            assert "alert(1)" in page
            assert "<script>alert" not in page
            assert "<i>" not in page


async def test_a_register_that_hangs_slows_no_other_page_and_the_organisation_can_be_added(
    here: _WithRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "IN_ALL_S", 2.0)
    with crooked(silent) as server:
        async with here.use(server.url).at_desk() as desk:
            asking = [asyncio.create_task(_look_up(desk)) for _ in range(6)]
            await asyncio.sleep(0.2)
            times = []
            for path in ("", "/add", "/history") * 4:
                begun = time.perf_counter()
                assert (await desk.get(f"{here.desk}{path}")).status_code == 200
                times.append(time.perf_counter() - begun)
            added = await desk.post(f"{here.desk}/add", data=NEW)
            assert added.status_code == 303
            assert not all(one.done() for one in asking), "they were to be waiting meanwhile"
            assert sorted(times)[len(times) // 2] < 0.3
            for one in asking:
                assert (await one)["problem"] == AWAY
            begun = time.perf_counter()  # it has failed often enough: it is asked no more
            page = await desk.post(f"{here.desk}/add", data={**FORM, "look_up": "yes"})
            assert time.perf_counter() - begun < 0.5
            assert page.status_code == 200
            assert AWAY in page.text
            assert "poppy@sample.example" in page.text
    rows, _ = here.eva.database.read_now(tracking.tracker, here.eva.letter.id, Filter())
    assert NEW["name"] in {row.organisation for row in rows}


async def _look_up(desk: object) -> dict[str, str]:
    answered = await desk.get("/desk/register", params={"name": "The Poppy Project"})  # type: ignore[attr-defined]
    return answered.json()


async def test_a_coordinator_asks_a_register_at_most_sixty_times_a_minute(here: _WithRegister, service: str) -> None:
    eva = here.use(service)
    async with eva.at_desk() as desk:
        for _ in range(60):
            eva.site.register_limit.take(str(eva.eva.id))
        said = (await desk.get("/desk/register", params={"name": "The Poppy Project"})).json()
        assert "too many" in said["problem"]
