"""The forms of what the addressee answered and what came of the letter."""

from wtforms import (
    BooleanField,
    DateField,
    Field,
    FileField,
    Form,
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional, ValidationError

from coalition.dispatch import nudges, replies
from coalition.dispatch.outcome import LONGEST_WORDS, OUTCOMES, CameOfIt
from coalition.dispatch.replies import Replied, Reply
from coalition.dispatch.rules import LONGEST, Proof
from coalition.web.forms.fields import one_line, options, text_field, whole_number


class ReplyForm(Form):
    whom = text_field("From whom", longest=LONGEST, description="The public page says it like this.")
    day = DateField("Received on", [Optional()])
    quote = text_field(
        "What it says, in its own words",
        longest=replies.LONGEST_QUOTE,
        kind=TextAreaField,
        description="A sentence or two that matter most.",
    )
    show_quote = BooleanField("Everybody may read these words on the letter’s public page")
    proof = FileField("The reply itself", description="A PDF, or a photo (PNG, JPEG or WebP) of it, of at most 8 MB.")
    show_proof = BooleanField(
        "Everybody may download the file",
        description="Only if whoever wrote it agrees, and it names nobody who should not be named.",
    )
    kept_proof = HiddenField()
    revision = HiddenField()

    kept: Proof | None = None  # what came with the form, or with the one before it

    def said(self) -> Replied:
        return Replied(
            one_line(self.whom.data),
            self.day.data,
            (self.quote.data or "").replace("\r\n", "\n"),
            self.kept,
            self.show_quote.data,
            self.show_proof.data,
        )


def reply_form(one: Reply) -> ReplyForm:
    form = ReplyForm(data=vars(one) | {"proof": None})
    form.kept = one.file
    return form


class OutcomeForm(Form):
    outcome = RadioField(
        "Outcome", choices=options({"": "Not known yet", **OUTCOMES}), validate_choice=False, default=""
    )
    on = DateField("Known since", [Optional()])
    words = text_field(
        "In words",
        longest=LONGEST_WORDS,
        kind=TextAreaField,
        description="The public page says this: what was decided, by whom, and what happens now.",
    )
    revision = HiddenField()

    def said(self) -> CameOfIt:
        words = (self.words.data or "").replace("\r\n", "\n")
        return CameOfIt(self.outcome.data or "", self.on.data, words)


DAYS = f"Give a whole number of days from 1 to {nudges.LONGEST_DAYS}, or 0 for no mail."


def a_number_of_days(form: Form, field: Field) -> None:
    if whole_number(field.data, nudges.LONGEST_DAYS) is None:
        raise ValidationError(DAYS)


class NudgeForm(Form):
    days = StringField(
        "Days without a reply, until you get a mail",
        [a_number_of_days],
        description="Counted from the first delivery. 0: no mail.",
        render_kw={"inputmode": "numeric", "maxlength": 3},
    )
    revision = HiddenField()
