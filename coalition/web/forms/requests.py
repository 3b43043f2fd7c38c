"""The forms of letting somebody look, and of what is asked for after the letter was delivered."""

from wtforms import BooleanField, EmailField, Form, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from coalition.endorsements.requests import WISHES, WORDS_LONGEST, Line
from coalition.invitations.forwarding import NAME_LONGEST
from coalition.web.forms.fields import address, clean, one_line, options, text_field


class RequestForm(Form):
    wish = RadioField("What do you ask for?", choices=options(WISHES), validate_choice=False)
    name = text_field("Organisation, as it should be printed", render_kw={"autocomplete": "organization"})
    signatory = text_field("Name of the signatory", render_kw={"autocomplete": "name"})
    role = text_field("Role of the signatory", render_kw={"autocomplete": "organization-title"})
    show_signatory = BooleanField("Print this name and role with the organisation")
    words = text_field("Anything else they should know", longest=WORDS_LONGEST, kind=TextAreaField)

    def line(self) -> Line:
        return Line(
            one_line(self.name.data), one_line(self.signatory.data), one_line(self.role.data), self.show_signatory.data
        )


class TurnDownForm(Form):
    said = text_field("A word to them", longest=WORDS_LONGEST, kind=TextAreaField)


class LookForm(Form):
    email = EmailField(
        "E-mail address of whoever should look",
        [InputRequired("Write the e-mail address of whoever should look."), Length(max=254), address],
        filters=[clean],
        id="look-email",  # the page has other fields of these names
    )
    name = text_field("Their name", longest=NAME_LONGEST, id="look-name")
