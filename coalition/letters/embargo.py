"""What an embargo means for mail: to those who were asked it says so, and to everybody else it waits."""

from datetime import datetime, timedelta

from coalition.base.clock import moment_words
from coalition.base.mail.office import NotYet
from coalition.letters.rules import Letter, embargo_over

LOOKED_AT = timedelta(hours=1)  # mail that waits is looked at this often: the embargo may be moved to an earlier hour


def hold(letter: Letter, now: datetime) -> None:
    """For mail to anybody who was not asked, as it leaves: raises NotYet until the embargo is over."""
    if letter.embargo_until is not None and not embargo_over(letter, now):
        raise NotYet(min(letter.embargo_until, now + LOOKED_AT))


def ends(letter: Letter, now: datetime) -> str:
    """The moment until which it is not to be published, in words with its time zone; empty when it may be."""
    if letter.embargo_until is None or embargo_over(letter, now):
        return ""
    return moment_words(letter.embargo_until, letter.time_zone)
