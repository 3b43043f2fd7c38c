"""Open suggestions beside the text that is being written: each at its words, those on the same words together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coalition.base.refused import Refused
from coalition.endorsements.suggestions.records import Suggestion
from coalition.endorsements.suggestions.taking import stands
from coalition.letters import passages
from coalition.letters.passages import PLACES, Span
from coalition.letters.text import LetterText


@dataclass(frozen=True)
class Spot:
    """A paragraph of the text as it is read, with the words that are asked to be changed in the middle."""

    label: str
    before: str
    words: str
    after: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True)
class Beside:
    spots: tuple[Spot, ...]  # in the order of the text
    astray: tuple[tuple[Suggestion, str], ...]  # with the reason why it has no place in it


def beside(text: LetterText, suggested: Sequence[Suggestion]) -> Beside:
    placed: list[tuple[Span, Suggestion]] = []
    astray: list[tuple[Suggestion, str]] = []
    for one in suggested:
        try:
            placed.append((stands(text, one), one))
        except Refused as refusal:
            astray.append((one, str(refusal)))
    order = list(PLACES)
    placed.sort(key=lambda pair: (order.index(pair[0].place), pair[0].start, pair[0].end, pair[1].id))
    return Beside(tuple(_spots(text, placed)), tuple(astray))


def _spots(text: LetterText, placed: Sequence[tuple[Span, Suggestion]]) -> Iterator[Spot]:
    together: list[Suggestion] = []
    here: Span | None = None
    for span, one in placed:
        if here and span.place == here.place and span.start < here.end:
            here = Span(here.place, here.start, max(here.end, span.end))
        else:
            if here:
                yield _spot(text, here, together)
            here, together = span, []
        together.append(one)
    if here:
        yield _spot(text, here, together)


def _spot(text: LetterText, span: Span, together: Sequence[Suggestion]) -> Spot:
    whole = passages.paragraph(text, span)
    return Spot(
        PLACES[span.place],
        passages.shown(text, Span(span.place, whole.start, span.start)).lstrip(),
        passages.shown(text, span),
        passages.shown(text, Span(span.place, span.end, whole.end)).rstrip(),
        tuple(together),
    )
