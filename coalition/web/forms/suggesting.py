"""The forms of suggesting other words, and of answering a suggestion."""

from wtforms import Form, TextAreaField

from coalition.endorsements.suggestions.suggesting import PASSAGE_LONGEST, REASON_LONGEST
from coalition.endorsements.suggestions.taking import ANSWER_LONGEST
from coalition.web.forms.fields import text_field


class SuggestForm(Form):
    passage = text_field(
        "The words you would change",
        longest=PASSAGE_LONGEST,
        kind=TextAreaField,
        description="As they stand in the letter.",
        render_kw={"rows": 3},
    )
    replacement = text_field(
        "What should stand there instead",
        longest=PASSAGE_LONGEST,
        kind=TextAreaField,
        description="Leave it empty to have the words left out.",
        render_kw={"rows": 3},
    )
    reason = text_field(
        "Why", longest=REASON_LONGEST, kind=TextAreaField, id="suggest-reason", render_kw={"rows": 2}
    )  # the page has another field of this name


class AnswerForm(Form):
    answer = text_field(
        "Your answer",
        longest=ANSWER_LONGEST,
        kind=TextAreaField,
        description="Goes by mail to who suggested it.",
    )
