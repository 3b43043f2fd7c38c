"""A list looked through at the desk: every row can be changed, and nothing is kept before "Import"."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from coalition.base import clock
from coalition.endorsements import merging
from coalition.history import records as history
from coalition.invitations import actions as asking
from coalition.invitations import holders, importing, undoing
from coalition.invitations import records as invitations
from coalition.invitations.tracker import tracking
from coalition.organisations import actions as directory_actions
from coalition.organisations import directory
from coalition.organisations import records as organisations
from coalition.organisations.actions import as_row
from coalition.organisations.spreadsheets import listed_rows, lists
from coalition.organisations.spreadsheets.cells import Values
from coalition.organisations.spreadsheets.listed_rows import ListedRow
from coalition.web.desk.lists.importing import QUICK_ROWS, ROWS_SHOWN
from coalition.work import reading
from tests.cast import NSPCC, Campaign
from tests.organisations.workbooks import ods, xlsx
from tests.rows import all_rows

LIST = """Organisation;Charity number;E-mail;Contact
The Kiln;1155555;post@kiln.example;Sample Contact 1
Saltmarsh Forum;;office at saltmarsh.example;Sample Contact 2
Pellbrook Refuge;;office@pellbrook.example;Sample Contact 3
N.S.P.C.C.;;policy@nspcc-too.example;Sample Contact 4
Pellbrook Refugee;;desk@pellbrook-two.example;Sample Contact 5
"""


def here(eva: Campaign) -> str:
    return f"/desk/letters/{eva.letter.slug}"


async def given(desk: httpx.AsyncClient, eva: Campaign, text: str = LIST) -> str:
    answer = await desk.post(f"{here(eva)}/import", data={"paste": text})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def rows_of(eva: Campaign, path: str) -> list[ListedRow]:
    return eva.database.read_now(listed_rows.some, int(path.rpartition("/")[2]), 0, 1000)


def verdicts(eva: Campaign, path: str) -> list[str]:
    return [one.row.verdict for one in rows_of(eva, path)]


def names_on_list(eva: Campaign) -> set[str]:
    found, page = set(), 1
    while rows := eva.database.read_now(tracking.tracker, eva.letter.id, tracking.Filter(page=page))[0]:
        found |= {eva.database.read_now(invitations.invitation, row.id).organisation for row in rows}
        page += 1
    return found


def everyone(eva: Campaign) -> dict[str, Any]:
    return {one.name: one for one in eva.database.read_now(organisations.everyone)}


async def test_a_row_is_put_right_where_it_is_shown_and_then_imported(eva: Campaign) -> None:
    before = everyone(eva)
    async with eva.at_desk() as desk:
        path = await given(desk, eva)
        assert verdicts(eva, path) == ["new", "error", "new", "known", "likely"]
        page = await desk.get(path)
        assert 'value="office at saltmarsh.example"' in page.text
        answer = await desk.post(
            f"{path}/rows",
            data={
                "edit-1-email": "office@saltmarsh.example",
                "edit-0-name": "The Kiln Trust",
                "edit-0-register_id": "1155556",
                "edit-2-website": "pellbrook.example",
                "row-4": "new",
            },
        )
        assert answer.status_code == 303
        assert verdicts(eva, path) == ["new", "new", "new", "known", "likely"]
        assert everyone(eva) == before, "nothing is kept before it is imported"
        assert "Changed by hand" in (await desk.get(path)).text
        done = await desk.post(path)
    assert done.status_code == 303
    assert "on_list=4" in done.headers["location"]
    after = everyone(eva)
    assert after["The Kiln Trust"].register_id == "GB-CHC-1155556"
    assert after["Pellbrook Refuge"].website == "https://pellbrook.example"
    assert {"Saltmarsh Forum", "Pellbrook Refuge", "Pellbrook Refugee"} <= set(after)
    assert {"Saltmarsh Forum", "Pellbrook Refugee"} <= names_on_list(eva)


async def test_a_row_can_be_left_out_made_new_or_the_same_as_another(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        path = await given(desk, eva)
        form = {"row-0": "leave", "row-3": "new", "edit-2-as": "ecpat uk", "row-4": "leave"}
        answer = await desk.post(f"{path}/rows", data=form)
        assert answer.status_code == 303
        page = await desk.get(path)
        assert "Same as ECPAT UK" in page.text
        before = everyone(eva)
        await desk.post(path)
    assert set(everyone(eva)) - set(before) == {"N.S.P.C.C."}
    contacts = eva.database.read_now(organisations.contacts_of, before["ECPAT UK"].id)
    assert "office@pellbrook.example" in {one.email for one in contacts}


async def test_what_was_typed_is_kept_when_it_cannot_be_taken(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        path = await given(desk, eva)
        form = {"edit-0-as": "Nobody of That Name", "edit-1-email": "still broken", "row-2": "leave"}
        answer = await desk.post(f"{path}/rows", data=form)
        assert answer.status_code == 422
        for typed in ("Nobody of That Name", "still broken", "There is no organisation"):
            assert typed in answer.text
        assert re.search(r'name="row-2".*?value="leave" selected', answer.text, re.DOTALL)
        wrong = await desk.post(path, data={"edit-1-email": "office at", "edit-2-register_id": "12"})
        assert wrong.status_code == 422
        assert "Row 3 cannot be read as changed" in wrong.text
        page = await desk.get(path)
    assert 'value="office at"' in page.text
    assert 'value="12"' in page.text


async def test_columns_that_a_person_set_are_set_for_the_next_list_with_the_same_titles(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        path = await given(desk, eva, "Whom;Wherefrom;Reach them\nThe Kiln;Wales;post@kiln.example\n")
        columns = {"titles": "yes", "column-0": "name", "column-1": "country", "column-2": "email"}
        await desk.post(f"{path}/columns", data=columns)
        assert rows_of(eva, path)[0].row.values.country == "Wales"
        path = await given(desk, eva, "WHOM;Wherefrom;Reach them\nThe Oven;Scotland;post@oven.example\n")
        assert rows_of(eva, path)[0].row.values.country == "Scotland"
        assert "as you, or a colleague, set them" in (await desk.get(path)).text
        path = await given(desk, eva, "Whom;Wherefrom;Reach us\nThe Oven;Scotland;post@oven.example\n")
        assert rows_of(eva, path)[0].row.values.country == ""


@pytest.mark.parametrize("write", [xlsx, ods])
async def test_a_workbook_is_looked_through_and_another_of_its_sheets_chosen(eva: Campaign, write: Any) -> None:
    sheets = {
        "Charities": [("Name", "E-mail"), ("The Kiln", "post@kiln.example")],
        "Unions": [("E-mail", "Name"), ("post@oven.example", "The Oven")],
    }
    async with eva.at_desk() as desk:
        file = ("wrong.pdf", write(sheets), "application/pdf")
        answer = await desk.post(f"{here(eva)}/import", files={"file": file})
        path = answer.headers["location"]
        assert rows_of(eva, path)[0].row.values.name == "The Kiln"
        await desk.post(f"{path}/columns", data={"sheet": "Unions", "column-0": "name"})
        assert rows_of(eva, path)[0].row.values.name == "The Oven"
        assert "sheet “Unions”" in (await desk.get(path)).text


def long_list(rows: int) -> str:
    lines = (f"Allied Charity {n:05};letters@allied-{n}.example" for n in range(rows))
    return "Organisation;E-mail\n" + "\n".join(lines)


async def test_a_long_list_is_read_and_brought_in_by_the_worker_with_its_progress_shown(eva: Campaign) -> None:
    many = QUICK_ROWS + 100
    before = len(everyone(eva))
    async with eva.at_desk() as desk:
        path = await given(desk, eva, long_list(many))
        waiting = await desk.get(path)
        assert "<progress" in waiting.text
        assert waiting.headers["refresh"]
        assert reading.go_on_with_next(eva.database)
        page = await desk.get(path)
        assert f"Import {many:,} organisations" in page.text
        assert page.text.count('<th scope="row"') == ROWS_SHOWN
        third = await desk.get(f"{path}?page=3&show=new")
        assert "Allied Charity 00100" in third.text
        assert "Allied Charity 00099" not in third.text
        assert (await desk.post(path)).headers["location"] == path
        assert len(everyone(eva)) == before
        claim = eva.database.write_now(lists.claim, clock.now())
        assert claim
        eva.database.write_now(importing.bring_in_some, claim, clock.now())
        halfway = await desk.get(path)
        assert f"{importing.AT_ONCE:,} of {many:,} rows" in halfway.text
        # The first worker dies here; another goes on when its claim has run out.
        assert not reading.go_on_with_next(eva.database)
        later = eva.database.write_now(lists.claim, clock.now() + lists.LEASE + timedelta(seconds=1))
        assert later
        importing.bring_in(eva.database, later, clock.now)
        with pytest.raises(lists.TakenOver):
            eva.database.write_now(importing.bring_in_some, claim, clock.now())
        done = await desk.get(path)
        assert f"on_list={many}" in done.headers["location"]
    assert len(everyone(eva)) == before + many
    deeds = [one.deed for one in eva.database.read_now(history.entries, eva.letter.id, most=5)]
    assert deeds.count("list imported") == 1
    assert not eva.database.read_now(history.check)[1]
    assert eva.database.read_now(all_rows)["import_rows"] == []


async def test_a_long_file_that_cannot_be_read_says_so_on_its_page(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        path = await given(desk, eva, long_list(20_000) + '\n"never closed;')
        reading.go_on_with_next(eva.database)
        page = await desk.get(path)
    assert "a quotation mark opens and is never closed" in page.text
    assert "Look it through" in page.text


async def test_an_import_is_taken_back_as_long_as_nobody_was_asked(eva: Campaign) -> None:
    before = eva.database.read_now(all_rows)
    async with eva.at_desk() as desk:
        path = await given(desk, eva)
        await desk.post(path)
        assert set(everyone(eva)) - {row[1] for row in before["organisations"]} == {"The Kiln", "Pellbrook Refuge"}
        page = await desk.get(f"{here(eva)}/import")
        assert f'action="{path}/undo"' in page.text
        answer = await desk.post(f"{path}/undo")
        assert answer.headers["location"].endswith("/import?done=undone")
        after = eva.database.read_now(all_rows)
        for table in ("organisations", "contacts", "invitations"):
            assert after[table] == before[table], table
        assert (await desk.post(f"{path}/undo")).status_code == 409
        assert "took a list back" in (await desk.get(f"{here(eva)}/history")).text
        assert (await desk.get(path)).status_code == 303


async def test_what_was_used_since_stays_and_is_counted(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        path = await given(desk, eva)
        await desk.post(path)
        kiln = everyone(eva)["The Kiln"].id

        def touch(connection: Any) -> None:
            organisations.add_contact(connection, kiln, "second@kiln.example", "Sample Contact", "")

        eva.database.write_now(touch)
        await desk.post(f"{path}/undo")
        page = await desk.get(f"{here(eva)}/import")
    assert "The Kiln" in everyone(eva)
    assert "Pellbrook Refuge" not in everyone(eva)
    assert "The Kiln" not in names_on_list(eva)
    assert "used or changed since: 1 organisation," in page.text


async def test_a_file_whose_name_no_database_can_hold_is_read_all_the_same(eva: Campaign) -> None:
    part = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\0list.csv"\r\n\r\nName\nThe Kiln\r\n--b--\r\n'
    )
    async with eva.at_desk() as desk:
        kind = {"content-type": "multipart/form-data; boundary=b"}
        answer = await desk.post(f"{here(eva)}/import", content=part, headers=kind)
        assert answer.status_code == 303
        assert "alist.csv" in (await desk.get(answer.headers["location"])).text


async def test_a_contact_who_holds_a_link_by_now_stays(eva: Campaign) -> None:
    """The list named a colleague of an organisation that was asked before; the letter was passed on to them since."""
    helper = "helper@nspcc.example"
    async with eva.at_desk() as desk, eva.browser() as charity:
        path = await given(desk, eva, f"Name;E-mail\n{NSPCC};{helper}\n")
        await desk.post(path)
        passed = await charity.post(f"{eva.link(NSPCC)}/forward", data={"email": helper, "way": "both"})
        assert passed.headers["location"].endswith("?done=passed")
        answer = await desk.post(f"{path}/undo")
        assert answer.headers["location"].endswith("/import?done=undone")
        page = await desk.get(f"{here(eva)}/import")
    one = eva.database.read_now(asking.opened, eva.nonce(NSPCC), clock.now()).invitation
    assert helper in [held.email for held in eva.database.read_now(holders.holders, one.id)]
    assert "Stayed, because they were used or changed since" in page.text


async def test_once_somebody_of_it_was_asked_it_stays(eva: Campaign) -> None:
    async with eva.at_desk() as desk:
        path = await given(desk, eva)
        await desk.post(path)
        await desk.post(f"{here(eva)}/ask", data={"to": "all"})
        answer = await desk.post(f"{path}/undo")
        assert answer.status_code == 409
        assert "can no longer be taken back" in answer.text
        page = await desk.get(f"{here(eva)}/import")
        assert f'action="{path}/undo"' not in page.text
    assert "The Kiln" in names_on_list(eva)


async def test_taking_back_goes_on_after_a_crash(eva: Campaign) -> None:
    before = eva.database.read_now(all_rows)
    async with eva.at_desk() as desk:
        path = await given(desk, eva)
        await desk.post(path)
    id = int(path.rpartition("/")[2])
    first = eva.database.write_now(undoing.begin, eva.letter.slug, id, "Eva Sample", clock.now())
    assert not eva.database.write_now(undoing.take_back_some, first, clock.now(), 1)
    second = eva.database.write_now(lists.claim, clock.now() + lists.LEASE * 2)
    assert second
    undoing.take_back(eva.database, second, clock.now)
    after = eva.database.read_now(all_rows)
    for table in ("organisations", "contacts", "invitations"):
        assert after[table] == before[table], table


async def test_a_second_contact_further_down_reaches_an_organisation_whose_first_row_had_no_address(
    eva: Campaign,
) -> None:
    async with eva.at_desk() as desk:
        path = await given(
            desk, eva, "Name;E-mail\nThe Kiln;\nThe Oven;post@oven.example\nThe Kiln;post@kiln.example\n"
        )
        id = int(path.rpartition("/")[2])
        claim = eva.database.write_now(importing.begin, eva.letter.slug, id, "Eva Sample", clock.now())
        while eva.database.write_now(importing.bring_in_some, claim, clock.now(), 1) is None:
            pass
    kiln = eva.database.read_now(invitations.of_organisation, eva.letter.id, everyone(eva)["The Kiln"].id)
    assert kiln
    assert kiln.email == "post@kiln.example"


async def test_a_row_without_an_address_asks_whom_new_letters_ask_first_and_never_who_has_left(eva: Campaign) -> None:
    def people(connection: Any) -> int:
        kiln = organisations.add(connection, [as_row(Values(name="The Kiln"), clock.now())])[0]
        for email in ("first@kiln.example", "chair@kiln.example", "left@kiln.example"):
            organisations.add_contact(connection, kiln, email, "Sample Contact", "")
        _, chair, left = directory.people(connection, kiln)
        directory.prefer(connection, kiln, chair.id)
        directory.change_person(connection, left.id, left_at=clock.now())
        return kiln

    kiln = eva.database.write_now(people)
    for row in ("The Kiln;", "The Kiln;left@kiln.example"):
        async with eva.at_desk() as desk:
            path = await given(desk, eva, f"Name;E-mail\n{row}\n")
            page = await desk.get(path)
            said = "The directory says that <bdi>left@kiln.example</bdi> has left" in page.text
            assert said == ("left@" in row)
            await desk.post(path)
        asked = eva.database.read_now(invitations.of_organisation, eva.letter.id, kiln)
        assert asked
        assert asked.email == "chair@kiln.example"
        left = eva.database.read_now(directory.people, kiln)
        assert [one.left_at is not None for one in left] == [False, False, True]
        async with eva.at_desk() as desk:
            await desk.post(f"{path}/undo")
        assert eva.database.read_now(invitations.of_organisation, eva.letter.id, kiln) is None


@pytest.mark.parametrize("after", ["merged into", "merged away", "edited", "logo"])
async def test_taking_back_an_import_leaves_what_was_merged_edited_or_has_a_logo_and_says_so(
    eva: Campaign, after: str
) -> None:
    async with eva.at_desk() as desk:
        path = await given(desk, eva)
        await desk.post(path)
        kiln, refuge = everyone(eva)["The Kiln"].id, everyone(eva)["Pellbrook Refuge"].id
        if after == "edited":
            kept = eva.database.read_now(directory.organisation, kiln)
            typed = {"name": kept.name, "register_id": kept.register_id, "kind": "Pottery", "revision": kept.revision}
            await desk.post(f"/desk/directory/{kiln}/edit", data=typed)
        elif after == "logo":
            eva.database.write_now(directory_actions.keep_logo, kiln, "0" * 64, eva.eva, clock.now())
        else:
            two = (kiln, refuge) if after == "merged into" else (refuge, kiln)
            seen = eva.database.read_now(merging.plan, *two).digest
            eva.database.write_now(merging.merge, *two, seen, "Eva", clock.now())
        answer = await desk.post(f"{path}/undo")
        assert (answer.status_code, answer.headers.get("location", "")[-12:]) == (303, "?done=undone")
        page = await desk.get(f"{here(eva)}/import")
        assert "Stayed, because they were used or changed since" in page.text
    eva.database.read_now(directory.organisation, kiln)
