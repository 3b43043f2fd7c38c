"""The short way to read an endorse form says what the form itself says, or leaves it to the form."""

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from coalition.web.forms.answers import EndorseForm, endorse_answer

VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "1", " 1", "-1", "01", "a" * 200, "a" * 201, "x\n y", "\x00a"]),
)
FIELDS = ("version", "name", "group", "signatory", "role", "authority", "authority_detail", "logo", "kept_logo", "x")


TICKS = st.sampled_from([(), ("y",), ("true",), ("false",), ("False",), ("",), ("false", "y"), ("y", "false")])
FEW = st.sampled_from([(), ("y",), ("false",)])
PICTURES = st.sampled_from([None, "ab" * 32])


@given(st.lists(st.tuples(st.sampled_from(FIELDS), VALUES), max_size=4), TICKS, FEW, FEW, PICTURES)
def test_the_short_way_and_the_form_never_differ(
    fields: list[tuple[str, str]],
    shown: tuple[str, ...],
    logo_shown: tuple[str, ...],
    gone: tuple[str, ...],
    picture: str | None,
) -> None:
    ticks = {"show_signatory": shown, "show_logo": logo_shown, "remove_logo": gone}
    ticked = [(name, tick) for name, given in ticks.items() for tick in given]
    data = FormData([("version", "1"), *fields, *ticked])
    answer = endorse_answer(data, picture)
    form = EndorseForm(data)
    form.picture = picture
    assert answer is None or (form.validate() and form.answer() == answer)


def test_a_form_that_a_browser_posts_goes_the_short_way() -> None:
    data = FormData({"version": "2", "name": " The  Lantern ", "authority": "trustees", "show_signatory": "y"})
    answer = endorse_answer(data)
    assert answer is not None
    assert (answer.version, answer.name, answer.show_signatory) == (2, "The Lantern", True)
