"""The forms of a letter: its text, its dates, the next version."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    EmailField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from coalition.base import clock
from coalition.base.refused import Refused
from coalition.endorsements.rules import LONGEST
from coalition.letters.next_version import WHY_LONGEST
from coalition.letters.rules import CONSENT_DAYS, CONSENT_WRONG, LANGUAGES, VISIBILITIES, Arrangements, Letter
from coalition.letters.text import Addressee, LetterText
from coalition.printings.actions import LONGEST as REASON_LONGEST
from coalition.web.forms.fields import (
    MINUTES,
    address,
    clean,
    lines_field,
    lines_of,
    moment_of,
    options,
    text_field,
)

TIME_ZONES = (
    "Europe/London Europe/Dublin Europe/Lisbon Europe/Paris Europe/Berlin Europe/Madrid Europe/Rome Europe/Athens "
    "Europe/Helsinki Europe/Istanbul Africa/Cairo Africa/Johannesburg Africa/Lagos Africa/Nairobi America/New_York "
    "America/Chicago America/Denver America/Los_Angeles America/Toronto America/Sao_Paulo America/Mexico_City "
    "Asia/Jerusalem Asia/Dubai Asia/Karachi Asia/Kolkata Asia/Dhaka Asia/Bangkok Asia/Singapore Asia/Shanghai "
    "Asia/Tokyo Australia/Sydney Pacific/Auckland UTC"
).split()


BODY_LONGEST = 40_000


ADDRESSEES_MOST = 12


class StartForm(Form):
    subject = text_field("What is the letter about?", required="Give the letter a subject.")


class AddresseeForm(Form):
    name = text_field("Name")
    office = text_field("Office or title")
    postal = lines_field("Postal address, a line each")
    email = EmailField("E-mail", [Length(max=254), address], filters=[clean])


def comes_once(form: "ArrangementsForm", field: Field) -> None:
    """Not what the clocks of the zone skip or show twice as they change: an embargo must not end an hour too early."""
    zone = form.time_zone.data
    if field.data is None or zone not in available_timezones():
        return
    try:
        clock.moment(field.data, zone)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from None


class ArrangementsForm(Form):
    soft_deadline = DateField("Please answer by", [Optional()])
    hard_deadline = DateTimeLocalField(
        "The list closes", [Optional(), comes_once], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    time_zone = SelectField(
        "Time zone of these dates", choices=options({zone: zone.replace("_", " ") for zone in TIME_ZONES})
    )
    dispatch_on = DateField("The letter is sent on", [Optional()])
    consent_days = IntegerField(  # type: ignore[call-arg]  # invalid_value_message is newer than its stubs
        "Ask again before it is sent when a yes is older than, in days",
        [Optional(), NumberRange(CONSENT_DAYS[0], CONSENT_DAYS[-1], CONSENT_WRONG)],
        invalid_value_message=CONSENT_WRONG,
        widget=TextInput(),  # a number field would not show again what is no number
        description="Or when this day is put off. You are shown whom to ask, and decide where nothing is heard.",
    )
    decision_on = DateField("A decision is expected on", [Optional()])
    decided_by = text_field("Who decides", description="If it is not the addressee: for example a board or committee.")
    embargo_until = DateTimeLocalField(
        "Embargo until",
        [Optional(), comes_once],
        format=MINUTES,
        description="Until then nothing of the letter can be seen without a signed link.",
    )
    visibility = RadioField("Who may see the letter", choices=options(VISIBILITIES))
    show_undersigned = BooleanField("Organisations that are asked may see who has endorsed so far")
    joinable = BooleanField("Organisations that were not asked may ask to join, while everyone may see the letter")
    leads_first = BooleanField("Print the lead organisations first")

    def arrangements(self) -> Arrangements:
        zone = ZoneInfo(self.time_zone.data)
        return Arrangements(
            soft_deadline=self.soft_deadline.data,
            hard_deadline=moment_of(self.hard_deadline.data, zone),
            time_zone=self.time_zone.data,
            dispatch_on=self.dispatch_on.data,
            decision_on=self.decision_on.data,
            decided_by=self.decided_by.data or "",
            embargo_until=moment_of(self.embargo_until.data, zone),
            visibility=self.visibility.data,
            show_undersigned=self.show_undersigned.data,
            leads_first=self.leads_first.data,
            joinable=self.joinable.data,
            consent_days=30 if self.consent_days.data is None else self.consent_days.data,
        )

    def show(self, letter: Letter) -> None:
        """Fills the form with the letter's dates, in its own time zone."""
        zone = ZoneInfo(letter.time_zone)
        for name in (
            "soft_deadline",
            "time_zone",
            "dispatch_on",
            "decision_on",
            "decided_by",
            "visibility",
            "show_undersigned",
            "joinable",
            "consent_days",
            "leads_first",
        ):
            self[name].data = getattr(letter, name)
        if letter.time_zone not in TIME_ZONES:
            self.time_zone.choices = options({zone: zone for zone in (*TIME_ZONES, letter.time_zone)})
        self.hard_deadline.data = letter.hard_deadline.astimezone(zone) if letter.hard_deadline else None
        self.embargo_until.data = letter.embargo_until.astimezone(zone) if letter.embargo_until else None


class TextForm(Form):
    """The letter's text: what an organisation agrees to."""

    subject = text_field("Subject", required="Give the letter a subject.")
    addressees = FieldList(FormField(AddresseeForm), "Addressees", max_entries=ADDRESSEES_MOST)
    cc = lines_field("Copies to, a line each")
    leads = lines_field("Lead organisations, a line each", description="Printed at the head of the letter.")
    date_line = text_field("Place and date", description="As printed, for example: London, 26 October 2009")
    ask = text_field("What the letter asks for, in one sentence", longest=400, kind=TextAreaField)
    body = text_field(
        "The letter",
        longest=BODY_LONGEST,
        kind=TextAreaField,
        description="Leave an empty line between paragraphs. **bold**, *italic*, # heading, - list, > quotation.",
    )
    enclosures = lines_field("Enclosures, a line each")
    language = SelectField("Language of the letter", choices=options(LANGUAGES))
    revision = HiddenField()

    def text(self) -> LetterText:
        blocks = [entry.form for entry in self.addressees]
        addressees = tuple(
            Addressee(b.name.data or "", b.office.data or "", lines_of(b.postal.data), b.email.data or "")
            for b in blocks
        )
        return LetterText(
            subject=self.subject.data or "",
            addressees=tuple(one for one in addressees if one != Addressee("")),
            cc=lines_of(self.cc.data),
            leads=lines_of(self.leads.data),
            date_line=self.date_line.data or "",
            ask=self.ask.data or "",
            body=self.body.data or "",
            enclosures=lines_of(self.enclosures.data),
            language=self.language.data if self.language.data in LANGUAGES else next(iter(LANGUAGES)),
        )


class DraftForm(TextForm, ArrangementsForm):
    groups = lines_field(
        "Groups of the undersigned, in the order they are printed",
        description="A line each, for example: National charities, Trade unions.",
    )

    def group_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line[:LONGEST] for line in lines_of(self.groups.data)))[:40]


def draft_form(letter: Letter) -> DraftForm:
    """The form as the saved draft fills it."""
    form = DraftForm(
        data=_typed(letter.text) | {"groups": "\n".join(letter.groups), "revision": letter.revision},
    )
    form.show(letter)
    return form


def text_form(letter: Letter) -> TextForm:
    """The form as the next version fills it, or the present text where none is being written."""
    return TextForm(data=_typed(letter.next_text or letter.text) | {"revision": letter.next_revision})


def _typed(text: LetterText) -> dict[str, Any]:
    """With room for one more addressee."""
    blocks = [{**vars(one), "postal": "\n".join(one.postal)} for one in text.addressees]
    return {
        **vars(text),
        "addressees": [*blocks, {}][:ADDRESSEES_MOST],
        "cc": "\n".join(text.cc),
        "leads": "\n".join(text.leads),
        "enclosures": "\n".join(text.enclosures),
    }


class PublishForm(Form):
    kind = HiddenField()
    why = text_field(
        "Why, in a few words",
        longest=WHY_LONGEST,
        kind=TextAreaField,
        description="Stands in the mail, above what changed.",
    )
    revision = HiddenField()


class PrintForm(Form):
    reason = text_field(
        "Why it is printed again",
        longest=REASON_LONGEST,
        description="Whoever has the PDF can read it in its evidence. The public page says how many came and went.",
    )


class DatesForm(ArrangementsForm):
    tell = BooleanField("If the list closes at another time, tell those who have not answered yet")
    revision = HiddenField()
