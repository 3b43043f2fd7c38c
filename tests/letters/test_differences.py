"""What changed between two texts: every word of both is there, marked for what became of it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from coalition.demo.sample import TEXT
from coalition.letters.differences import Part, Run, as_text, differences

BODY = "We ask you to keep the unit.\n\nIt costs little.\n\nWe should be glad to meet you."


def _body(before: str, after: str) -> tuple[Part, ...]:
    return differences(replace(TEXT, body=before), replace(TEXT, body=after))


def test_the_same_text_has_no_differences():
    assert differences(TEXT, TEXT) == ()
    assert differences(TEXT, replace(TEXT, subject=f"  {TEXT.subject} ")) == (), "a reader sees no difference"


def test_a_changed_word_is_marked_and_the_rest_of_its_paragraph_stays():
    [part] = _body(BODY, BODY.replace("keep the unit", "keep the whole unit"))
    assert part.label == "A paragraph"
    assert part.runs == (Run("same", "We ask you to keep the "), Run("in", "whole "), Run("same", "unit."))
    assert as_text(part) == "We ask you to keep the [put in: whole ]unit."


def test_neighbouring_changed_words_read_as_one_change():
    [part] = _body("We ask for a new small team today.", "We ask for an old large unit today.")
    assert [run.text for run in part.runs if run.change != "same"] == ["a new small team", "an old large unit"]


def test_a_paragraph_that_is_new_or_gone_is_said_to_be():
    [new] = _body(BODY, BODY + "\n\nNobody else can do this.")
    assert (new.label, new.runs) == ("A new paragraph", (Run("in", "Nobody else can do this."),))
    [gone] = _body(BODY, BODY.replace("It costs little.\n\n", ""))
    assert (gone.label, gone.before, gone.after) == ("A paragraph taken out", "It costs little.", "")


def test_every_field_that_people_read_is_compared():
    changed = replace(
        TEXT, subject="Another", ask="Another.", date_line="Another", leads=("X",), cc=("X",), enclosures=(), body="X",
        addressees=(replace(TEXT.addressees[0], office="Another"),), language="cy",
    )  # fmt: skip
    labels = {part.label for part in differences(TEXT, changed)}
    assert labels >= {
        "Subject", "What it asks for", "Place and date", "Led by", "Copies to", "Enclosures",
        "Addressed to", "Language",
    }  # fmt: skip


words = st.lists(st.sampled_from(["a", "b", "the", "unit", "don’t", "\n\n", ".", "Łódź"]), max_size=30).map(" ".join)


@given(words, words)
def test_no_word_is_lost_and_none_is_made_up(before: str, after: str):
    parts = _body(before, after)
    old, new = (" ".join(text.split()) for text in (before, after))
    if old != new:
        changed_out = [word for part in parts for word in part.before.split()]
        changed_in = [word for part in parts for word in part.after.split()]
        # What is not shown as changed is the same in both, so taking it away leaves exactly what is shown.
        assert _without(old.split(), changed_out) == _without(new.split(), changed_in)


def _without(words: list[str], taken: list[str]) -> list[str]:
    left = list(words)
    for word in taken:
        left.remove(word)
    return sorted(left)


def test_a_letter_rewritten_from_end_to_end_is_compared_paragraph_by_paragraph():
    before = "\n\n".join(f"Paragraph {n} says that {n} things are so." for n in range(400))
    after = "\n\n".join(f"Paragraph {n} claims that {n + 1} things were so." for n in range(400))
    parts = _body(before, after)
    assert len(parts) == 400
    assert all(any(run.change == "same" for run in part.runs) for part in parts)
