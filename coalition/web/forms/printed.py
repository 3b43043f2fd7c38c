"""The forms of how a letter is printed: its page, and the order of the undersigned."""

from wtforms import Form, HiddenField, RadioField

from coalition.endorsements.ordering import ORDERS, order_of
from coalition.letters.printed import DENSITIES, LETTERHEADS, PAPERS, SIGNATORY_PLACES, PageSettings
from coalition.letters.rules import Letter
from coalition.web.forms.fields import options


class PageForm(Form):
    paper = RadioField("Paper", choices=options(PAPERS), validate_choice=False)
    density = RadioField("The undersigned", choices=options(DENSITIES), validate_choice=False)
    signatory_place = RadioField("Signatory and role", choices=options(SIGNATORY_PLACES), validate_choice=False)
    letterhead = RadioField("At the head of the letter", choices=options(LETTERHEADS), validate_choice=False)
    revision = HiddenField()

    def chosen(self) -> PageSettings:
        return PageSettings(
            self.paper.data or "", self.density.data or "", self.signatory_place.data or "", self.letterhead.data or ""
        )


def page_form(letter: Letter) -> PageForm:
    names = ("paper", "density", "signatory_place", "letterhead", "revision")
    return PageForm(data={name: getattr(letter, name) for name in names})


class OrderForm(Form):
    order = RadioField("The undersigned stand", choices=options(ORDERS), validate_choice=False)
    revision = HiddenField()


def order_form(letter: Letter) -> OrderForm:
    return OrderForm(data={"order": order_of(letter), "revision": letter.revision})
