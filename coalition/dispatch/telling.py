"""What happened to a printing, in a sentence that everybody may read."""

from coalition.base.clock import day_words
from coalition.base.mail.words import listed
from coalition.dispatch.rules import Dispatch
from coalition.letters.rules import Letter
from coalition.letters.text import LetterText


def addressees(text: LetterText) -> str:
    """Whom a letter is addressed to, in a sentence."""
    return listed([one.name or one.office for one in text.addressees])


def sentence(dispatch: Dispatch, letter: Letter) -> str:
    """What happened, as everybody may read it: "handed to the Metropolitan Police Authority on ..."."""
    whom = dispatch.whom or addressees(letter.text)
    comma = "," if "," in whom else ""  # "the Authority, which decides, on Monday": not what it decides on
    on = f"{comma} on {day_words(dispatch.day)}" if dispatch.day else ""
    if dispatch.way == "mail":
        return f"sent by e-mail to {whom}{on}"
    at = f", {dispatch.place}" if dispatch.place else ""
    if dispatch.way == "other":
        return f"delivered to {whom}{on}{at}: {dispatch.words}"
    return f"{'posted' if dispatch.way == 'posted' else 'handed'} to {whom}{on}{at}"
