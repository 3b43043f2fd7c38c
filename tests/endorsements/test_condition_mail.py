"""Mail about a condition says how it is when it leaves, and does not leave when there is nothing to say any more."""

from email import message_from_bytes
from email.policy import default
from itertools import chain

import httpx
from sqlalchemy import select

from coalition.tables import outbox
from tests.cast import NSPCC, POPPY, Campaign, endorse_form


def arrived(eva: Campaign, before: set[str]) -> dict[str, list[str]]:
    """Whom mail that left just now went to, and its subjects."""
    eva.send_mail()
    found: dict[str, list[str]] = {}
    for file in eva.mails():
        if file.name not in before:
            mail = message_from_bytes(file.read_bytes(), policy=default)
            found.setdefault(mail["To"].addresses[0].addr_spec, []).append(str(mail["Subject"]).partition(":")[0])
    return found


def there(eva: Campaign) -> set[str]:
    return {file.name for file in eva.mails()}


async def _endorse(charity: httpx.AsyncClient, eva: Campaign, organisation: str, **changes: str) -> None:
    done = await charity.post(f"{eva.link(organisation)}/endorse", data=endorse_form(organisation, **changes))
    assert done.status_code == 303


async def test_both_sides_hear_how_it_is_when_the_mail_leaves(eva: Campaign) -> None:
    eva.send_mail()
    async with eva.browser() as charity:
        await _endorse(charity, eva, NSPCC, condition="organisation", condition_organisation=POPPY)
        before = there(eva)
        [[receipt]] = arrived(eva, before).values()
        assert receipt == "It waits"
        await _endorse(charity, eva, POPPY)
        before = there(eva)
        mails = arrived(eva, before)
        assert mails.pop(eva.eva.email) == [f"{NSPCC}’s condition holds, so it counts now"]
        assert sorted(chain.from_iterable(mails.values())) == ["It counts now", "Thank you"]


async def test_to_and_fro_is_no_news(eva: Campaign) -> None:
    eva.send_mail()
    async with eva.browser() as charity:
        await _endorse(charity, eva, NSPCC, condition="organisation", condition_organisation=POPPY)
        await _endorse(charity, eva, POPPY)
        await charity.post(f"{eva.link(POPPY)}/withdraw", data={})
        mails = arrived(eva, there(eva))
    assert eva.eva.email not in mails, "it is as it was"
    subjects = list(chain.from_iterable(mails.values()))
    assert "It counts now" not in subjects
    assert subjects.count("It waits") == 1, "the receipt says so"

    def dropped(connection: object) -> list[str]:
        wanted = select(outbox.c.said).where(outbox.c.message.in_(("condition", "conditions")))
        return list(connection.execute(wanted.order_by(outbox.c.id)).scalars())  # type: ignore[attr-defined]

    assert "The receipt, which left later, says how it is." in eva.database.read_now(dropped)


async def test_who_gave_up_the_condition_hears_no_more_of_it(eva: Campaign) -> None:
    eva.send_mail()
    async with eva.browser() as charity:
        await _endorse(charity, eva, NSPCC, condition="organisation", condition_organisation=POPPY)
        arrived(eva, there(eva))
        await _endorse(charity, eva, POPPY)
        await charity.post(f"{eva.link(NSPCC)}/unconditional", data={"version": "1"})
        mails = arrived(eva, there(eva))
    assert "It counts now" not in list(chain.from_iterable(mails.values()))
