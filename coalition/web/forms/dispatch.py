"""The forms of dispatching a printing."""

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    Form,
    HiddenField,
    RadioField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from coalition.dispatch import rules
from coalition.dispatch.rules import LONGEST, LONGEST_BODY, LONGEST_SUBJECT, Draft, Noted, Person, Proof
from coalition.organisations import names
from coalition.web.forms.fields import address, lines_of, one_line, options, text_field, whole_number

LONGEST_LIST = 10_000


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


class MailForm(Form):
    printing = SelectField("Which printing", validate_choice=False)
    whom = text_field(
        "To whom, as the public page says it",
        longest=LONGEST,
        description="In your words, without addresses. Where somebody else decides, say so: “the Metropolitan Police "
        "Authority, which decides”.",
    )
    to = text_field(
        "To",
        longest=LONGEST_LIST,
        kind=TextAreaField,
        description="One on each line: Sample Name <name@example.org>, or the address alone. Each gets a mail of their "
        "own.",
    )
    cc = text_field("Copies to", longest=LONGEST_LIST, kind=TextAreaField, description="In the same way.")
    to_self = BooleanField("A copy to me")
    subject = text_field("Subject", longest=LONGEST_SUBJECT)
    body = text_field(
        "Your words",
        longest=LONGEST_BODY,
        kind=TextAreaField,
        description="{name} becomes the recipient’s name; “Sir or Madam” where none is given.",
    )
    revision = HiddenField()

    def draft(self) -> tuple[Draft, dict[str, str]]:
        """And what is wrong with the addresses."""
        to, wrong_to = _people(self.to.data)
        cc, wrong_cc = _people(self.cc.data)
        draft = Draft(
            whole_number(self.printing.data) or 0,
            one_line(self.whom.data),
            one_line(self.subject.data),
            (self.body.data or "").replace("\r\n", "\n"),
            to,
            cc,
            self.to_self.data,
        )
        wrong = {"to": wrong_to, "cc": wrong_cc}
        return draft, {field: sentence for field, sentence in wrong.items() if sentence}

    def offer(self, printings: list[int]) -> None:
        """The newest first."""
        self.printing.choices = [(str(number), f"Printing {number}") for number in reversed(printings)]

    @classmethod
    def of(cls, draft: Draft, revision: int = 0) -> "MailForm":
        words = {name: getattr(draft, name) for name in ("whom", "subject", "body", "to_self")}
        to, cc = (_lines(people) for people in (draft.to, draft.cc))
        return cls(data=words | {"printing": str(draft.printing), "to": to, "cc": cc, "revision": str(revision)})


class AddressForm(Form):
    email = EmailField("Corrected address", [InputRequired("Write the address."), Length(max=254), address])


def _lines(people: tuple[Person, ...]) -> str:
    return "\n".join(f"{one.name} <{one.email}>" if one.name else one.email for one in people)


def _people(typed: str | None) -> tuple[tuple[Person, ...], str]:
    """Those on the lines, and what is wrong with the first that is none."""
    found: list[Person] = []
    for line in lines_of(typed):
        name, _, rest = line.rpartition("<")
        email = rest.removesuffix(">") if name or line.startswith("<") else line
        try:
            found.append(Person(names.check_email(email.strip()), one_line(name.strip().strip('"'))[:LONGEST]))
        except ValueError as error:
            return tuple(found), f"On the line “{line[:60]}”: {error}"
    return tuple(found), ""
