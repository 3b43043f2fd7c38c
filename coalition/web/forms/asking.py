"""The forms of asking: the list, the invitation, the hour, links."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    DateTimeLocalField,
    EmailField,
    Field,
    FileField,
    Form,
    HiddenField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from coalition.invitations import wording
from coalition.invitations.wording import Wording
from coalition.organisations import names
from coalition.organisations.spreadsheets.cells import Values
from coalition.web.forms.fields import MINUTES, address, clean, moment_of, text_field


class InvitationForm(Form):
    subject = text_field("Subject", longest=wording.LONGEST_SUBJECT)
    body = text_field(
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
    name = text_field("Organisation", required="Write the organisation's name.")
    register_id = text_field(
        "Register number", longest=64, description="For example a charity number: 202918 or GB-CHC-202918."
    )
    website = text_field("Website")
    group = SelectField("Group", validate_choice=False)
    contact_name = text_field("Contact's name")
    email = EmailField("Contact's e-mail address", [Length(max=254), address], filters=[clean])
    contact_role = text_field("Contact's role")

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


class ListForm(Form):
    """A list to look through: a file, or what was pasted."""

    file = FileField("A spreadsheet or CSV file")
    paste = TextAreaField(
        "Or paste the list here",
        description="Straight from a spreadsheet, or one organisation a line.",
        filters=[lambda text: text or ""],
    )


class ExtendForm(Form):
    until = DateTimeLocalField(
        "They may answer until",
        [InputRequired("Choose the day and hour until which they may answer.")],
        format=MINUTES,
    )

    def moment(self, time_zone: str) -> datetime:
        moment = moment_of(self.until.data, ZoneInfo(time_zone))
        assert moment  # noqa: S101 (the field is required)
        return moment


class CorrectionForm(Form):
    corrected = EmailField(
        "The right address",
        [InputRequired("Write the right e-mail address."), Length(max=254), address],
        filters=[clean],
    )
