"""The forms that a signed link opens."""

from typing import Any

from starlette.datastructures import FormData
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import TextInput

from coalition.endorsements.conditions.rules import KINDS
from coalition.endorsements.rules import AUTHORITIES, LONGEST, Answer
from coalition.endorsements.suggestions.suggesting import PASSAGE_LONGEST
from coalition.invitations.forwarding import NAME_LONGEST, WAYS
from coalition.web.forms.fields import (
    address,
    clean,
    one_line,
    options,
    text_field,
    whole_number,
)

CONDITION = (
    *("condition", "condition_count", "condition_organisation", "condition_passage", "condition_replacement"),
    "on_condition",
)


class LineForm(Form):
    """The line that is printed, who gives it, and how it was decided."""

    version = IntegerField("Version", [InputRequired("Say which version was read.")])
    name = text_field("Organisation, as printed", render_kw={"autocomplete": "organization"})
    group = SelectField("Printed among", validate_choice=False)
    signatory = text_field("Your name", render_kw={"autocomplete": "name"})
    role = text_field("Your role", render_kw={"autocomplete": "organization-title"})
    authority = RadioField("How was it decided?", choices=options(AUTHORITIES), validate_choice=False)
    authority_detail = text_field(
        "Detail", longest=LONGEST, description="The date of a trustees' decision, or in a few words how it was decided."
    )
    show_signatory = BooleanField("Print my name and role")


class EndorseForm(LineForm):
    logo = FileField("Picture of the logo")
    kept_logo = HiddenField()  # the one from before, as web.answer.logo signs it
    show_logo = BooleanField("The logo may be printed with the letter")
    remove_logo = BooleanField("Take the logo away")
    picture: str | None = None  # SHA-256 of the one that is meant
    condition = RadioField(
        "What does it wait for?", choices=options({"": "Nothing: it counts at once", **KINDS}), validate_choice=False
    )
    condition_count = IntegerField(  # type: ignore[call-arg]  # invalid_value_message is newer than its stubs
        "How many organisations, yours included",
        [Optional()],
        invalid_value_message="Write how many, as a number.",
        widget=TextInput(),  # a number field would not show again what is no number
        render_kw={"inputmode": "numeric"},
    )
    condition_organisation = text_field("Which organisation", description="Its name, as you know it.")
    condition_passage = text_field("The words as they stand", longest=PASSAGE_LONGEST, kind=TextAreaField)
    condition_replacement = text_field("What they should say", longest=PASSAGE_LONGEST, kind=TextAreaField)
    on_condition = HiddenField()  # the button that means one

    def validate(self, extra_validators: Any = None) -> bool:
        fits = super().validate(extra_validators)
        meant = self.on_condition.data or self.condition_count.raw_data not in (None, [], [""])
        typed = (self.condition_organisation.data, self.condition_passage.data, self.condition_replacement.data)
        if not self.condition.data and (meant or any(typed)):
            # Nobody who typed a condition is taken to have given an endorsement without one.
            self.condition.errors = [
                "Choose what the endorsement waits for. If it waits for nothing, empty the fields below and press "
                "“Endorse”."
            ]
        return fits and not self.condition.errors

    def answer(self) -> Answer:
        kind = self.condition.data or ""
        return Answer(
            version=self.version.data or 0,
            name=one_line(self.name.data),
            group=one_line(self.group.data),
            signatory=one_line(self.signatory.data),
            role=one_line(self.role.data),
            authority=self.authority.data or "",
            authority_detail=one_line(self.authority_detail.data),
            show_signatory=self.show_signatory.data,
            logo=self.picture,
            show_logo=self.show_logo.data and not (self.remove_logo.data and self.picture is None),
            condition=kind,
            condition_count=self.condition_count.data if kind == "count" else None,
            condition_organisation=one_line(self.condition_organisation.data) if kind == "organisation" else "",
        )


def endorse_answer(data: FormData, picture: str | None = None) -> Answer | None:
    """What the posted form says, or None where EndorseForm has to look at it and may find something wrong.

    Building the form takes longer than all else that the web does for an endorsement, so it is built to be shown.
    """
    fields = [(name, value) for name, value in data.multi_items() if name != "logo"]
    given = {name: value for name, value in fields if isinstance(value, str)}
    version = whole_number(given.get("version"))
    texts = [given.get(name, "") for name in ("name", "group", "signatory", "role", "authority_detail")]
    on_condition = any(given.get(name) for name in CONDITION)
    if version is None or len(given) != len(fields) or on_condition or any(len(text) > LONGEST for text in texts):
        return None
    name, group, signatory, role, detail = map(one_line, texts)
    ticks = [given.get(name, "") not in ("", "false") for name in ("show_signatory", "show_logo", "remove_logo")]
    shown, logo_shown, gone = ticks
    authority, logo_shown = given.get("authority", ""), logo_shown and not (gone and picture is None)
    return Answer(version, name, group, signatory, role, authority, detail, shown, picture, logo_shown)


class DeclineForm(Form):
    reason = text_field(
        "Reason (only the coordinator will read it)",
        longest=1000,
        kind=TextAreaField,
    )


class LaterForm(Form):
    until = DateField("We decide by", [InputRequired("Choose the day by which you decide.")])


class ForwardForm(Form):
    email = EmailField(
        "Your colleague’s e-mail address",
        [InputRequired("Write your colleague’s e-mail address."), Length(max=254), address],
        filters=[clean],
    )
    name = text_field("Their name", longest=NAME_LONGEST, id="colleague")  # the page has another field of this name
    way = RadioField("Who answers from now on?", choices=options(WAYS), default="both")
