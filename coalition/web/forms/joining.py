"""The forms of joining: an organisation asks, and the desk turns down."""

from wtforms import EmailField, Field, Form, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from coalition.endorsements.joins.rules import NOTE_LONGEST, WORD_LONGEST, Asked
from coalition.endorsements.rules import Answer
from coalition.organisations import names
from coalition.web.forms.answers import LineForm
from coalition.web.forms.fields import address, checked, clean, one_line, text_field


class JoinForm(LineForm):
    """What a charity that was asked types, and how an organisation that was not can be known and reached."""

    email = EmailField(
        "Your e-mail address at the organisation",
        [
            InputRequired("Write your e-mail address."),
            Length(max=254, message="This is longer than 254 characters. Please check it."),
            address,
        ],
        filters=[clean],
        description="We mail you a link that confirms the request. It is printed nowhere.",
        render_kw={"autocomplete": "email"},
    )
    website = text_field("The organisation’s website", longest=500, render_kw={"autocomplete": "url"})
    register_id = text_field("Register number", longest=64, description="For example a charity number: 202918.")
    note = text_field(
        "A note to the coordinator",
        longest=NOTE_LONGEST,
        kind=TextAreaField,
        description="Who you are, and why you want to join. Only the coordinators read it.",
    )
    nickname = text_field("Leave this empty", longest=20_000)  # a trap: programs fill in every field
    key = HiddenField()

    def validate_register_id(self, field: Field) -> None:
        checked(field, names.register_id)

    def validate_website(self, field: Field) -> None:
        checked(field, names.website)

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

    def asked(self) -> Asked:
        return Asked(
            answer=self.answer(),
            email=self.email.data or "",
            website=self.website.data or "",
            register_id=self.register_id.data or None,
            note=self.note.data or "",
        )


class TurnDownForm(Form):
    word = text_field(
        "Why, in a sentence or two",
        longest=WORD_LONGEST,
        required="Say in a sentence why: it is mailed to them.",
        kind=TextAreaField,
        description="It is mailed to them as you write it.",
    )
