"""The forms of dispatching a printing."""

from wtforms import DateField, FileField, Form, HiddenField, RadioField, SelectField
from wtforms.validators import Optional

from coalition.dispatch import rules
from coalition.dispatch.rules import LONGEST, Noted, Proof
from coalition.web.forms.fields import one_line, options, text_field, whole_number


class NotedForm(Form):
    printing = SelectField("Which printing", validate_choice=False)
    way = RadioField("How", choices=options(rules.NOTED_WAYS), validate_choice=False)
    whom = text_field(
        "To whom",
        longest=LONGEST,
        description="The public page says it like this. Where somebody else decides, say so: “the Metropolitan Police "
        "Authority, which decides”.",
    )
    day = DateField("On which day", [Optional()])
    place = text_field("Where", longest=LONGEST, description="The public page says this too.")
    handed_by = text_field("Who brought it", longest=LONGEST, description="Seen at the desk only.")
    taken_by = text_field("Who took it", longest=LONGEST, description="Seen at the desk only.")
    words = text_field("In other words", longest=LONGEST)
    proof = FileField(
        "Proof",
        description="A photo (PNG, JPEG or WebP) or a PDF of at most 8 MB: a receipt, a stamped copy, a picture of the "
        "moment. Seen at the desk only.",
    )
    kept_proof = HiddenField()
    revision = HiddenField()

    kept: Proof | None = None  # what came with the form, or with the one before it

    def noted(self) -> Noted:
        return Noted(
            whole_number(self.printing.data) or 0,
            self.way.data or "",
            one_line(self.whom.data),
            self.day.data,
            one_line(self.place.data),
            one_line(self.handed_by.data),
            one_line(self.taken_by.data),
            one_line(self.words.data),
            self.kept,
        )

    def offer(self, printings: list[int]) -> None:
        """The newest first."""
        self.printing.choices = [(str(number), f"Printing {number}") for number in reversed(printings)]
