"""The demo's sample: a letter modelled on the case of 2009, in our own words, half-way through being endorsed.

Organisations that wrote then are named as facts, at .example addresses. Every person is plainly made up, and so is
every answer: nobody here speaks for a real organisation.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from coalition.base.clock import now
from coalition.base.database import Database, OneWrite
from coalition.base.settings import Settings
from coalition.endorsements import actions as answers
from coalition.endorsements.rules import Answer
from coalition.invitations import actions as invitations
from coalition.invitations import importing, preparing, wording
from coalition.invitations import records as invitation_records
from coalition.invitations.tracker import tracking
from coalition.invitations.tracker.tracking import Filter
from coalition.letters import actions as letter_actions
from coalition.letters import records as letters
from coalition.letters.rules import Arrangements, Letter
from coalition.letters.text import Addressee, LetterText
from coalition.organisations.spreadsheets import lists
from coalition.organisations.spreadsheets.lists import Claim
from coalition.organisations.spreadsheets.looking_through import look_through
from coalition.people import actions as people
from coalition.people.records import Coordinator
from coalition.printings import actions as printings

COORDINATOR = ("eva.sample@campaign.example", "Eva Sample")
LIST = Path(__file__).with_name("organisations.csv")
ZONE = "Europe/London"
GROUPS = (
    "National charities",
    "Local and specialist services",
    "Trade unions",
    "Faith organisations",
    "Academics and research",
    "Professional bodies",
)

TEXT = LetterText(
    subject="Keep the Met’s human-trafficking unit",
    addressees=(
        Addressee(
            "Sir Paul Stephenson",
            "Commissioner of Police of the Metropolis",
            ("New Scotland Yard", "Broadway", "London SW1H 0BG"),
            "commissioner@police.example",
        ),
    ),
    cc=("The Chair, Metropolitan Police Authority", "The Home Secretary"),
    leads=("Anti-Slavery International", "ECPAT UK"),
    date_line="London, 26 October 2009",
    ask="Keep the Metropolitan Police’s dedicated human-trafficking unit, with its staff and its budget.",
    body="""We work with people who were bought, sold and held in London: in flats, in kitchens, in the back rooms of
ordinary streets. For most of them the first person in uniform they trusted was an officer of your human-trafficking
unit.

The unit is small. Since it was set up it has done three things that no other part of the force does:

- it *finds* people who cannot ask for help, because its officers know what to look for;
- it *keeps* witnesses safe for the months that a case takes, working beside the services that shelter them;
- it *teaches* what it knows to boroughs that meet one such case in a year.

## What is lost with it

We understand that the money for the unit ends next spring, and that its work may pass to borough teams and to the
squad for organised prostitution. We know those officers and respect them. But **skill of this kind does not survive
being divided by thirty-two**. A borough detective who meets a trafficked child for the first time will do what anybody
would do, and miss what an expert would see.

> “I said nothing for three weeks. Then somebody came who did not ask me why I had stayed.”
>
> A woman supported by one of the undersigned, 2008

The cost of the unit is less than a thousandth of the force’s budget.[^1] The cost of its absence will be paid by
people who are not in a position to complain.

## What we ask

Please keep the unit as it is for three years, and publish what it achieves in each of them. Those of us who run
shelters, advice lines and legal services offer to help measure it.

We should be glad to meet you, with two of the women who asked us to write.

[^1]: Our estimate, from figures the Authority has published.
""",
    enclosures=("What the unit did: twelve cases (4 pages)",),
    language="en-GB",
)
NOTE = """You know this work better than most. Forty names under one page will be read; forty letters will not.

If your board needs to see it first, tell me the date and I will keep a place for you."""
INVITATION = replace(
    wording.INVITATION, body=wording.INVITATION.body.replace("The letter is led", f"{NOTE}\n\nThe letter is led")
)

# What each organisation of the list has done by the time the demo is opened; the rest have only been asked.
ENDORSED = (
    "Anti-Slavery International",
    "ECPAT UK",
    "The Harbour Project",
    "Women & Girls Together",
    "Cymdeithas Tŷ Gobaith Cymru",
    "Fundacja Bezpieczny Dom – Łódź w Londynie",
    "Ελληνική Στέγη Λονδίνου",
    "بيت الأمان",
    "O’Hara House",
    "Union of Hotel and Laundry Workers",
    "Churches Against Bondage",
    "The Thornwick Observatory on Exploitation",
)
READ = ("The Lantern Society", "Brackenmoor Women’s Centre", "Institute for Policing and Justice")
DECLINED = {"Synagogues for Sanctuary": "Our board meets only in December and does not sign between meetings."}
WITHDRAWN = ("Dockside and Transport Staff Association",)


def fill(database: Database, settings: Settings) -> None:
    """Fills an empty database with the sample. One that has letters is left as it is."""
    if not database.read_now(letters.any_at_all):
        database.write_now(_fill, now())


def _fill(connection: Connection, at: datetime) -> None:
    eva = people.add_coordinator(connection, *COORDINATOR, at)
    letter = draft(connection, eva, at)
    bring_in(connection, letter, at)
    letter = letters.letter_by_slug(connection, letter.slug)
    preparing.write(connection, letter.slug, letter.revision, INVITATION, eva, at)
    printings.open_letter(connection, letter.slug, letter.revision + 1, eva, at)
    invitations.ask(connection, letter.slug, None, eva.called, at)
    _answer(connection, letter, at)
    letter_actions.start(connection, "A second letter, still being drafted", eva, at)


def draft(connection: Connection, who: Coordinator, at: datetime) -> Letter:
    """The sample letter as a complete draft, ready to be opened."""
    letter = letter_actions.start(connection, TEXT.subject, who, at)
    return letter_actions.save_draft(connection, letter.slug, letter.revision, TEXT, GROUPS, plan(at), at)


def plan(at: datetime) -> Arrangements:
    """Twelve days to ask, fourteen until the list closes at five in the afternoon in London."""
    closes_on = (at + timedelta(days=14)).date()
    return Arrangements(
        soft_deadline=closes_on - timedelta(days=2),
        hard_deadline=datetime.combine(closes_on, time(17), ZoneInfo(ZONE)),
        time_zone=ZONE,
        dispatch_on=closes_on + timedelta(days=1),
        decision_on=closes_on + timedelta(days=6),
        decided_by="The board of the Metropolitan Police Authority",
        embargo_until=None,
        visibility="public",
        show_undersigned=True,
        leads_first=True,
    )


def bring_in(connection: Connection, letter: Letter, at: datetime) -> None:
    doors = OneWrite(connection)
    id = lists.begin_import(connection, letter.id, letter.coordinator_id, LIST.name, LIST.read_bytes(), at, hold=True)
    look_through(doors, Claim(id, 1, "given"), lambda: at)
    importing.bring_in(doors, importing.begin(connection, letter.slug, id, COORDINATOR[1], at), lambda: at)


def _answer(connection: Connection, letter: Letter, at: datetime) -> None:
    links = nonces(connection, letter)
    for number, name in enumerate((*ENDORSED, *WITHDRAWN), 1):
        answers.endorse(connection, links[name][0], answer(name, links[name][1], number), None, at)
    for name in WITHDRAWN:
        answers.withdraw(connection, links[name][0], None, at)
    for name, reason in DECLINED.items():
        answers.decline(connection, links[name][0], reason, None, at)
    for name in READ:
        invitations.mark_read(connection, links[name][0], at)


def answer(name: str, group: str, number: int) -> Answer:
    """A made-up answer; its signatory cannot be taken for anybody."""
    return Answer(
        1, name, group, f"Sample Signatory {number}", "Chief Executive", "chief-executive", "", number % 4 != 0
    )


def nonces(connection: Connection, letter: Letter) -> dict[str, tuple[str, str]]:
    """Organisation -> the nonce of its link and its group."""
    found = {}
    for page in range(1, 100):
        rows, _ = tracking.tracker(connection, letter.id, Filter(page=page))
        if not rows:
            break
        for row in rows:
            one = invitation_records.invitation(connection, row.id)
            found[one.organisation] = (one.nonce or "", one.group)
    return found
