"""Reminders: the schedule, the list that gets the next one, and its words."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response
from wtforms import BooleanField, Form, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from coalition.base.database import NotSaved
from coalition.base.refused import Overtaken, Refused
from coalition.invitations import records as invitations
from coalition.invitations import wording
from coalition.invitations.reminders import candidates, mail, reminding, schedule
from coalition.invitations.reminders.candidates import HELD, PAGE
from coalition.invitations.reminders.schedule import CAPS, Schedule
from coalition.invitations.rules import Invitation
from coalition.letters import records as letters
from coalition.letters import rules
from coalition.letters.rules import Letter
from coalition.web.desk.visit import Visit, at_desk
from coalition.web.dev import in_a_frame
from coalition.web.errors import NOT_SAVED
from coalition.web.forms.fields import clean, options, posted, put, whole_number

HOURS = {str(hour): f"{hour:02}:00" for hour in range(24)}
MOST_TYPED = 60


class ScheduleForm(Form):
    before = StringField("Days before it", [Length(max=MOST_TYPED)], description="Numbers with commas, such as 7, 2.")
    on_the_day = BooleanField("On the day itself")
    after = StringField("Days after it", [Length(max=MOST_TYPED)])
    hour = SelectField("At", choices=options(HOURS))
    cap = SelectField("At most, to one organisation", choices=options({str(n): str(n) for n in CAPS}))
    quiet_from = SelectField("Nothing leaves from", choices=options({"": "no quiet hours"} | HOURS))
    quiet_until = SelectField("until", choices=options({"": "no quiet hours"} | HOURS))
    quiet_weekends = BooleanField("Nothing leaves on Saturdays and Sundays")
    revision = HiddenField()

    def show(self, plan: Schedule, revision: int) -> "ScheduleForm":
        self.before.data = ", ".join(str(-day) for day in sorted(plan.days) if day < 0)
        self.on_the_day.data = 0 in plan.days
        self.after.data = ", ".join(str(day) for day in sorted(plan.days) if day > 0)
        self.hour.data, self.cap.data = str(plan.hour), str(plan.cap)
        self.quiet_from.data, self.quiet_until.data = _hour(plan.quiet_from), _hour(plan.quiet_until)
        self.quiet_weekends.data = plan.quiet_weekends
        self.revision.data = str(revision)
        return self

    def plan(self, *, on: bool) -> tuple[Schedule | None, dict[str, str]]:
        """What was typed as a schedule, and what is wrong with it beside its fields."""
        wrong: dict[str, str] = {}
        before, after = (_numbers(self, name, wrong) for name in ("before", "after"))
        if wrong:
            return None, wrong
        plan = Schedule(
            days=(*(-day for day in before), *((0,) if self.on_the_day.data else ()), *after),
            hour=int(self.hour.data),
            cap=int(self.cap.data),
            quiet_from=whole_number(self.quiet_from.data),
            quiet_until=whole_number(self.quiet_until.data),
            quiet_weekends=self.quiet_weekends.data,
            on=on,
        )
        return plan, schedule.check(plan)


def _hour(hour: int | None) -> str:
    return "" if hour is None else str(hour)


def _numbers(form: Form, name: str, wrong: dict[str, str]) -> list[int]:
    typed = (form[name].data or "").replace(",", " ").split()
    found = [number for part in typed if (number := whole_number(part, 1000))]
    if len(found) != len(typed):
        wrong[name] = "Write whole numbers of days with commas between them, such as 7, 2."
    return found


class WordsForm(Form):
    subject = StringField(
        "Subject",
        [Length(max=wording.LONGEST_SUBJECT, message="Please shorten the subject.")],
        filters=[clean],
    )
    body = TextAreaField(
        "Words",
        [Length(max=wording.LONGEST_BODY, message="These words are too long for a mail.")],
        filters=[clean],
    )
    revision = HiddenField(id="words-revision")

    def show(self, letter: Letter) -> "WordsForm":
        self.subject.data = letter.reminder_subject or wording.REMINDER.subject
        self.body.data = letter.reminder_body or wording.REMINDER.body
        self.revision.data = str(letter.revision)
        return self


@at_desk
async def page(visit: Visit) -> Response:
    return await _page(visit)


async def _page(
    visit: Visit,
    status: int = 200,
    problem: str = "",
    form: ScheduleForm | None = None,
    words: WordsForm | None = None,
) -> Response:
    why = visit.request.query_params.get("why", "")
    number = whole_number(visit.request.query_params.get("page"), 100_000) or 1

    def look(connection: Connection) -> dict[str, Any]:
        letter = letters.letter_by_slug(connection, visit.slug)
        plan, when = reminding.plan_of(letter), reminding.dates_of(letter)
        found = reminding.foresee(connection, letter, visit.now)
        shown = why if why in HELD else ""
        return {
            "letter": letter,
            "state": rules.state(letter, visit.now),
            "plan": plan,
            "is_set": letter.reminders is not None,
            "when": when,
            "steps": schedule.steps(plan, when) if when else (),
            "next": found,
            "why": shown,
            "rows": candidates.listed(connection, found.asked, shown, number) if found else [],
            "total": found.tally.get(shown, 0) if found else 0,
            "mail": mail.preview(connection, letter, _first(connection, found), visit.now),
        }

    values = await visit.database.read(look)
    letter = values["letter"]
    return visit.page(
        "reminders.html",
        status,
        problem=problem,
        form=form or ScheduleForm().show(values["plan"], letter.revision),
        words=words or WordsForm().show(letter),
        placeholders=wording.PLACEHOLDERS,
        held=HELD,
        step_words=schedule.step_words,
        too_close=schedule.too_close(values["plan"]),
        page=number,
        page_size=PAGE,
        done=visit.done,
        at=visit.now,
        **values,
    )


def _first(connection: Connection, found: reminding.Foreseen | None) -> Invitation | None:
    """The first that gets the next one, whose mail is shown; or nobody in particular."""
    if found is None or not found.count:
        return None
    [first, *_] = candidates.listed(connection, found.asked, "", 1)
    return invitations.invitation(connection, first.id)


@at_desk
async def save(visit: Visit) -> Response:
    """Keeps the schedule; the button that was pressed says whether it is switched on or off by that."""
    data = await posted(visit.request)
    form = ScheduleForm(data)
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    pressed = str(data.get("do", ""))
    on = {"on": True, "off": False}.get(pressed, reminding.plan_of(letter).on)
    plan = None
    if form.validate():
        plan, wrong = form.plan(on=on)
        put(form, wrong)
        plan = None if wrong else plan
    if plan is None:
        return await _page(visit, 422, form=form)
    try:
        seen = whole_number(form.revision.data) or 0
        await visit.database.write(reminding.arrange, visit.slug, seen, plan, visit.me.called, visit.now)
    except Refused as refusal:
        if isinstance(refusal, Overtaken):
            form.revision.data = str(letter.revision)
        return await _page(visit, refusal.status, str(refusal), form=form)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, form=form)
    return visit.back("/reminders", pressed if pressed in ("on", "off") else "saved")


@at_desk
async def save_words(visit: Visit) -> Response:
    form = WordsForm(await posted(visit.request))
    letter = await visit.database.read(letters.letter_by_slug, visit.slug)
    subject, body = form.subject.data or "", form.body.data or ""
    if form.validate():
        put(form, wording.check(subject, body))
    if any(field.errors for field in form):
        return await _page(visit, 422, words=form)
    proposed = wording.REMINDER
    try:
        await visit.database.write(
            reminding.write_words,
            visit.slug,
            whole_number(form.revision.data) or 0,
            "" if _same(subject, proposed.subject) else subject.strip(),
            "" if _same(body, proposed.body) else body.strip(),
            visit.me.called,
            visit.now,
        )
    except Refused as refusal:
        if isinstance(refusal, Overtaken):
            form.revision.data = str(letter.revision)
        return await _page(visit, refusal.status, str(refusal), words=form)
    except NotSaved:
        return await _page(visit, 503, NOT_SAVED, words=form)
    return visit.back("/reminders", "words")


def _same(typed: str, proposed: str) -> bool:
    """A form sends its lines with other ends than it was given."""
    return typed.replace("\r\n", "\n").strip() == proposed.strip()


@at_desk
async def mail_frame(visit: Visit) -> Response:
    """The HTML part of the reminder as it would go now, for the frame of its page."""

    def look(connection: Connection) -> str:
        letter = letters.letter_by_slug(connection, visit.slug)
        found = reminding.foresee(connection, letter, visit.now)
        return mail.preview(connection, letter, _first(connection, found), visit.now).html

    return in_a_frame(await visit.database.read(look))
