"""The forms, by WTForms: labels, errors, and what was typed. What an answer means is the rules' business."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    EmailField,
    Field,
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from coalition.endorsements.rules import AUTHORITIES, LONGEST, Answer
from coalition.invitations import wording
from coalition.invitations.forwarding import NAME_LONGEST, WAYS
from coalition.invitations.wording import Wording
from coalition.letters.next_version import WHY_LONGEST
from coalition.letters.rules import LANGUAGES, VISIBILITIES, Arrangements, Letter
from coalition.letters.text import Addressee, LetterText
from coalition.organisations import names
from coalition.organisations.cells import Values
from coalition.organisations.rules import APPROVERS, LONGEST_NOTICE, Details

TIME_ZONES = (
    "Europe/London Europe/Dublin Europe/Lisbon Europe/Paris Europe/Berlin Europe/Madrid Europe/Rome Europe/Athens "
    "Europe/Helsinki Europe/Istanbul Africa/Cairo Africa/Johannesburg Africa/Lagos Africa/Nairobi America/New_York "
    "America/Chicago America/Denver America/Los_Angeles America/Toronto America/Sao_Paulo America/Mexico_City "
    "Asia/Jerusalem Asia/Dubai Asia/Karachi Asia/Kolkata Asia/Dhaka Asia/Bangkok Asia/Singapore Asia/Shanghai "
    "Asia/Tokyo Australia/Sydney Pacific/Auckland UTC"
).split()
MINUTES = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
BODY_LONGEST = 40_000
NOTICE_WRONG = f"Write a number of days from 0 to {LONGEST_NOTICE}."
ADDRESSEES_MOST = 12


async def posted(request: Request, *, files: int = 0, fields: int = 400, longest: int = 512 * 1024) -> FormData:
    """The posted fields. Bounded here in number and length, and by the app in bytes."""
    try:
        return await request.form(max_files=files, max_fields=fields, max_part_size=longest)
    except HTTPException as error:
        # Starlette calls a form that is too large malformed; a person should hear which of the two it is.
        if "exceeded maximum" in error.detail or error.detail.startswith("Too many"):
            raise HTTPException(413) from None
        raise


def clean(value: str | None) -> str:
    """As a person meant it: no blanks at the ends, none of the characters that no page can show."""
    return "".join(c for c in value or "" if c.isprintable() or c in "\n\r\t").strip()


def options(choices: Mapping[str, str]) -> list[Any]:
    """Value -> label, as WTForms wants them."""
    return [SelectChoice(value, label) for value, label in choices.items()]


def _text(label: str, longest: int = LONGEST, required: str = "", **options: Any) -> StringField:
    kind = options.pop("kind", StringField)
    checks: list[Any] = [Length(max=longest, message=f"This is longer than {longest:,} characters. Please shorten it.")]
    if required:
        checks.insert(0, InputRequired(required))
    render = {"maxlength": longest, **options.pop("render_kw", {})}
    field: StringField = kind(label, checks, filters=[clean], render_kw=render, **options)
    return field


def _lines(label: str, **options: Any) -> TextAreaField:
    return TextAreaField(
        label, [Length(max=4000, message="This is too long. Please shorten it.")], filters=[clean], **options
    )


def lines_of(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


def _address(form: Form, field: Field) -> None:
    if field.data:
        try:
            field.data = names.check_email(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class SignInForm(Form):
    email = EmailField(
        "Your e-mail address",
        [InputRequired("Write the e-mail address you sign in with."), Length(max=254), _address],
        filters=[clean],
        render_kw={"autocomplete": "email"},
    )


class StartForm(Form):
    subject = _text("What is the letter about?", required="Give the letter a subject.")


class AddresseeForm(Form):
    name = _text("Name")
    office = _text("Office or title")
    postal = _lines("Postal address, a line each")
    email = EmailField("E-mail", [Length(max=254), _address], filters=[clean])


class ArrangementsForm(Form):
    soft_deadline = DateField("Please answer by", [Optional()])
    hard_deadline = DateTimeLocalField("The list closes", [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    time_zone = SelectField(
        "Time zone of these dates", choices=options({zone: zone.replace("_", " ") for zone in TIME_ZONES})
    )
    dispatch_on = DateField("The letter is sent on", [Optional()])
    decision_on = DateField("A decision is expected on", [Optional()])
    decided_by = _text("Who decides", description="If it is not the addressee: for example a board or committee.")
    embargo_until = DateTimeLocalField(
        "Embargo until",
        [Optional()],
        format=MINUTES,
        description="Until then nothing of the letter can be seen without a signed link.",
    )
    visibility = RadioField("Who may see the letter", choices=options(VISIBILITIES))
    show_undersigned = BooleanField("Organisations that are asked may see who has endorsed so far")
    leads_first = BooleanField("Print the lead organisations first")

    def arrangements(self) -> Arrangements:
        zone = ZoneInfo(self.time_zone.data)
        return Arrangements(
            soft_deadline=self.soft_deadline.data,
            hard_deadline=_moment(self.hard_deadline.data, zone),
            time_zone=self.time_zone.data,
            dispatch_on=self.dispatch_on.data,
            decision_on=self.decision_on.data,
            decided_by=self.decided_by.data or "",
            embargo_until=_moment(self.embargo_until.data, zone),
            visibility=self.visibility.data,
            show_undersigned=self.show_undersigned.data,
            leads_first=self.leads_first.data,
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
            "leads_first",
        ):
            self[name].data = getattr(letter, name)
        if letter.time_zone not in TIME_ZONES:
            self.time_zone.choices = options({zone: zone for zone in (*TIME_ZONES, letter.time_zone)})
        self.hard_deadline.data = letter.hard_deadline.astimezone(zone) if letter.hard_deadline else None
        self.embargo_until.data = letter.embargo_until.astimezone(zone) if letter.embargo_until else None


def _moment(local: datetime | None, zone: ZoneInfo) -> datetime | None:
    if local is None:
        return None
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:  # the first and last days of the calendar
        return local.replace(tzinfo=UTC)


class TextForm(Form):
    """The letter's text: what an organisation agrees to."""

    subject = _text("Subject", required="Give the letter a subject.")
    addressees = FieldList(FormField(AddresseeForm), "Addressees", max_entries=ADDRESSEES_MOST)
    cc = _lines("Copies to, a line each")
    leads = _lines("Lead organisations, a line each", description="Printed at the head of the letter.")
    date_line = _text("Place and date", description="As printed, for example: London, 26 October 2009")
    ask = _text("What the letter asks for, in one sentence", longest=400, kind=TextAreaField)
    body = _text(
        "The letter",
        longest=BODY_LONGEST,
        kind=TextAreaField,
        description="Leave an empty line between paragraphs. **bold**, *italic*, # heading, - list, > quotation.",
    )
    enclosures = _lines("Enclosures, a line each")
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
    groups = _lines(
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
    why = _text(
        "Why, in a few words",
        longest=WHY_LONGEST,
        kind=TextAreaField,
        description="Stands in the mail, above what changed.",
    )
    revision = HiddenField()


class DatesForm(ArrangementsForm):
    tell = BooleanField("If the list closes at another time, tell those who have not answered yet")
    revision = HiddenField()


class InvitationForm(Form):
    subject = _text("Subject", longest=wording.LONGEST_SUBJECT)
    body = _text(
        "The mail",
        longest=wording.LONGEST_BODY,
        kind=TextAreaField,
        description="Leave an empty line between paragraphs. Lines that begin with a dash make a list.",
    )
    revision = HiddenField()

    def words(self) -> Wording:
        return Wording(self.subject.data or "", self.body.data or "")

    def validate(self, extra_validators: Any = None) -> bool:
        fits = super().validate(extra_validators)
        for part, sentences in wording.problems(**vars(self.words())).items():
            self[part].errors = [*self[part].errors, *sentences]
        return fits and not any(field.errors for field in self)


class HourForm(Form):
    leaves_at = DateTimeLocalField(
        "Day and time", [InputRequired("Choose a day and a time.")], format=MINUTES, render_kw={"step": 60}
    )


class OrganisationForm(Form):
    name = _text("Organisation", required="Write the organisation's name.")
    register_id = _text(
        "Register number", longest=64, description="For example a charity number: 202918 or GB-CHC-202918."
    )
    website = _text("Website")
    group = SelectField("Group", validate_choice=False)
    contact_name = _text("Contact's name")
    email = EmailField("Contact's e-mail address", [Length(max=254), _address], filters=[clean])
    contact_role = _text("Contact's role")

    def validate_register_id(self, field: Field) -> None:
        if field.data:
            try:
                field.data = names.register_id(field.data)
            except ValueError as error:
                raise ValidationError(str(error)) from None

    def values(self) -> Values:
        return Values(
            name=self.name.data or "",
            register_id=self.register_id.data or "",
            website=self.website.data or "",
            group=self.group.data or "",
            contact_name=self.contact_name.data or "",
            email=self.email.data or "",
            contact_role=self.contact_role.data or "",
        )


class ExtendForm(Form):
    until = DateTimeLocalField(
        "They may answer until",
        [InputRequired("Choose the day and hour until which they may answer.")],
        format=MINUTES,
    )

    def moment(self, time_zone: str) -> datetime:
        moment = _moment(self.until.data, ZoneInfo(time_zone))
        assert moment  # noqa: S101 (the field is required)
        return moment


class DetailsForm(Form):
    """What the directory keeps of an organisation."""

    name = _text("Name", required="Write the organisation's name.")
    register_id = _text(
        "Register number", longest=64, description="For example a charity number: 202918 or GB-CHC-202918."
    )
    website = _text("Website")
    kind = _text("Kind", description="For example: charity, trade union, faith organisation.")
    country = _text("Country")
    approves = SelectField("Who approves that they sign", choices=options(APPROVERS), default="")
    notice_days = IntegerField(  # type: ignore[call-arg]  # invalid_value_message is newer than its stubs
        "Days of notice they need",
        [Optional(), NumberRange(0, LONGEST_NOTICE, NOTICE_WRONG)],
        invalid_value_message=NOTICE_WRONG,
        widget=TextInput(),  # a number field would not show again what is no number
    )
    signing_note = _text(
        "What else to know before asking them",
        longest=1000,
        kind=TextAreaField,
        description="For example: their board meets on the first Tuesday of the month.",
    )
    revision = HiddenField()

    def validate_register_id(self, field: Field) -> None:
        _checked(field, names.register_id)

    def validate_website(self, field: Field) -> None:
        _checked(field, names.website)

    def details(self) -> Details:
        return Details(
            name=one_line(self.name.data),
            register_id=self.register_id.data or None,
            website=self.website.data or "",
            kind=one_line(self.kind.data),
            country=one_line(self.country.data),
            approves=self.approves.data or "",
            notice_days=self.notice_days.data,
            signing_note=self.signing_note.data or "",
        )


def _checked(field: Field, check: Callable[[str], str]) -> None:
    if field.data:
        try:
            field.data = check(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class NewForm(DetailsForm):
    """An organisation for the directory, with one contact."""

    contact_name = _text("Name")
    email = EmailField("E-mail address", [Length(max=254), _address], filters=[clean])
    contact_role = _text("Role")

    def validate_email(self, field: Field) -> None:
        if not field.data and (self.contact_name.data or self.contact_role.data):
            raise ValidationError("Write the contact's e-mail address, or leave the contact out.")

    def contact(self) -> Values:
        return Values(
            email=self.email.data or "",
            contact_name=one_line(self.contact_name.data),
            contact_role=one_line(self.contact_role.data),
        )


class PermissionForm(Form):
    by = _text("Who gave it", required="Write who gave the permission.", description="A name, and their role there.")
    on = DateField("On", [InputRequired("Give the day on which it was given.")])
    logo = HiddenField()


class ContactForm(Form):
    contact_name = _text("Name")
    email = EmailField(
        "E-mail address",
        [InputRequired("Write the e-mail address."), Length(max=254), _address],
        filters=[clean],
    )
    contact_role = _text("Role")


class CorrectionForm(Form):
    corrected = EmailField(
        "The right address",
        [InputRequired("Write the right e-mail address."), Length(max=254), _address],
        filters=[clean],
    )


class ListForm(Form):
    """A list to look through: a file, or what was pasted."""

    file = FileField("A spreadsheet or CSV file")
    paste = TextAreaField(
        "Or paste the list here",
        description="Straight from a spreadsheet, or one organisation a line.",
        filters=[lambda text: text or ""],
    )


class EndorseForm(Form):
    version = IntegerField("Version", [InputRequired("Say which version was read.")])
    name = _text("Organisation, as it should be printed", render_kw={"autocomplete": "organization"})
    group = SelectField("Printed among", validate_choice=False)
    signatory = _text("Your name", render_kw={"autocomplete": "name"})
    role = _text("Your role", render_kw={"autocomplete": "organization-title"})
    authority = RadioField("How was it decided?", choices=options(AUTHORITIES), validate_choice=False)
    authority_detail = _text(
        "Detail", longest=LONGEST, description="The date of a trustees' decision, or in a few words how it was decided."
    )
    show_signatory = BooleanField("Print my name and role with the organisation")

    def answer(self) -> Answer:
        return Answer(
            version=self.version.data or 0,
            name=one_line(self.name.data),
            group=one_line(self.group.data),
            signatory=one_line(self.signatory.data),
            role=one_line(self.role.data),
            authority=self.authority.data or "",
            authority_detail=one_line(self.authority_detail.data),
            show_signatory=self.show_signatory.data,
        )


def endorse_answer(data: FormData) -> Answer | None:
    """What the posted form says, or None where EndorseForm has to look at it and may find something wrong.

    Building the form takes longer than all else that the web does for an endorsement, so it is built to be shown.
    """
    fields = data.multi_items()
    given = {name: value for name, value in fields if isinstance(value, str)}
    version = whole_number(given.get("version"))
    texts = [given.get(name, "") for name in ("name", "group", "signatory", "role", "authority_detail")]
    if version is None or len(given) != len(fields) or any(len(text) > LONGEST for text in texts):
        return None
    name, group, signatory, role, detail = map(one_line, texts)
    shown = given.get("show_signatory", "") not in ("", "false")
    return Answer(version, name, group, signatory, role, given.get("authority", ""), detail, shown)


def one_line(value: str | None) -> str:
    return " ".join(clean(value).split())


class DeclineForm(Form):
    reason = _text(
        "Reason (only the coordinator will read it)",
        longest=1000,
        kind=TextAreaField,
    )


class LaterForm(Form):
    until = DateField("We decide by", [InputRequired("Choose the day by which you decide.")])


class ForwardForm(Form):
    email = EmailField(
        "Your colleague’s e-mail address",
        [InputRequired("Write your colleague’s e-mail address."), Length(max=254), _address],
        filters=[clean],
    )
    name = _text("Their name", longest=NAME_LONGEST, id="colleague")  # the page has another field of this name
    way = RadioField("Who answers from now on?", choices=options(WAYS), default="both")


def seen(form: FormData) -> int | None:
    """How many decisions there were when the form was opened; None from a script that does not say."""
    return whole_number(form.get("seen"))


def whole_number(value: Any, most: int = 2**31 - 1) -> int | None:
    """The number a field or address carries, or None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= most:
        return int(value)
    return None


def put(form: Form, problems: dict[str, str]) -> None:
    """Shows what a rule found wrong beside the fields it names."""
    for name, sentence in problems.items():
        form[name].errors = [*form[name].errors, sentence]
