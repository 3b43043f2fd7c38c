"""The forms of the directory."""

from wtforms import (
    DateField,
    EmailField,
    Field,
    Form,
    HiddenField,
    IntegerField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from coalition.organisations import names
from coalition.organisations.rules import APPROVERS, LONGEST_NOTICE, Details
from coalition.organisations.spreadsheets.cells import Values
from coalition.web.forms.fields import address, checked, clean, one_line, options, text_field

NOTICE_WRONG = f"Write a number of days from 0 to {LONGEST_NOTICE}."


class DetailsForm(Form):
    """What the directory keeps of an organisation."""

    name = text_field("Name", required="Write the organisation's name.")
    register_id = text_field(
        "Register number", longest=64, description="For example a charity number: 202918 or GB-CHC-202918."
    )
    website = text_field("Website")
    kind = text_field("Kind", description="For example: charity, trade union, faith organisation.")
    country = text_field("Country")
    approves = SelectField("Who approves that they sign", choices=options(APPROVERS), default="")
    notice_days = IntegerField(  # type: ignore[call-arg]  # invalid_value_message is newer than its stubs
        "Days of notice they need",
        [Optional(), NumberRange(0, LONGEST_NOTICE, NOTICE_WRONG)],
        invalid_value_message=NOTICE_WRONG,
        widget=TextInput(),  # a number field would not show again what is no number
    )
    signing_note = text_field(
        "What else to know before asking them",
        longest=1000,
        kind=TextAreaField,
        description="For example: their board meets on the first Tuesday of the month.",
    )
    revision = HiddenField()

    def validate_register_id(self, field: Field) -> None:
        checked(field, names.register_id)

    def validate_website(self, field: Field) -> None:
        checked(field, names.website)

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


class NewForm(DetailsForm):
    """An organisation for the directory, with one contact."""

    contact_name = text_field("Name")
    email = EmailField("E-mail address", [Length(max=254), address], filters=[clean])
    contact_role = text_field("Role")

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
    by = text_field(
        "Who gave it", required="Write who gave the permission.", description="A name, and their role there."
    )
    on = DateField("On", [InputRequired("Give the day on which it was given.")])
    logo = HiddenField()


class ContactForm(Form):
    contact_name = text_field("Name")
    email = EmailField(
        "E-mail address",
        [InputRequired("Write the e-mail address."), Length(max=254), address],
        filters=[clean],
    )
    contact_role = text_field("Role")
