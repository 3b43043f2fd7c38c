"""The look: what a form says reaches everyone, the colours can be read, and nothing is fetched from elsewhere."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from wtforms import (  # type: ignore[attr-defined]  # the stubs do not know SelectChoice yet
    BooleanField,
    FieldList,
    Form,
    FormField,
    RadioField,
    SelectChoice,
    StringField,
)
from wtforms.validators import DataRequired, InputRequired

ROOT = Path(__file__).parents[2]
SHEETS = sorted((ROOT / "coalition/web/static").glob("*.css"))


class Addressee(Form):
    name = StringField("Name", [DataRequired("Enter the addressee’s name")])


class Draft(Form):
    subject = StringField("<b>Subject</b>", [DataRequired("Enter <i>a</i> subject")], description="One line.")
    place = StringField("Place")
    addressees = FieldList(FormField(Addressee), min_entries=2)
    visibility = RadioField(
        "Who may see it",
        [InputRequired("Choose who")],
        choices=[SelectChoice("link", "By link"), SelectChoice("all", "All")],
    )
    agreed = BooleanField("Agreed", [DataRequired("Tick this to go on")])


def refused_page() -> str:
    form = Draft()
    assert not form.validate()
    return rendered(form)


def rendered(form: Form) -> str:
    environment = Environment(loader=FileSystemLoader(ROOT / "templates"), undefined=StrictUndefined, autoescape=True)
    return environment.from_string(
        """{% from "partials/form.html" import field, group, error_summary %}{{ error_summary(form) }}
        {{ field(form.subject, autocomplete="off") }}{{ field(form.place) }}{{ field(form.agreed) }}
        {{ field(form.visibility) }}{% call group("To", of=form.addressees) %}
        {% for one in form.addressees %}{{ field(one.form.name) }}{% endfor %}{% endcall %}"""
    ).render(form=form)


def test_the_error_summary_links_every_error_to_its_field():
    page = refused_page()
    ids = re.findall(r'\bid="([^"]+)"', page)
    links = re.findall(r'href="#([^"]+)"', page)
    assert sorted(links) == ["addressees-0-name", "addressees-1-name", "agreed", "subject", "visibility-0"]
    assert set(links) <= set(ids)
    assert len(ids) == len(set(ids))


def test_hint_and_error_are_tied_to_their_field():
    page = refused_page()
    field = re.search(r'<input[^>]*\bid="subject"[^>]*>', page)
    assert field
    assert 'aria-describedby="subject-hint subject-error"' in field[0]
    assert 'aria-invalid="true"' in field[0]
    assert 'autocomplete="off"' in field[0]
    for named in re.findall(r'aria-describedby="([^"]+)"', page):
        assert all(f'id="{one}"' in page for one in named.split())


def test_only_what_may_be_left_empty_is_called_optional():
    assert re.findall(r'for="([^"]+)">[^<]*<span class="optional">', refused_page()) == ["place"]


def test_a_form_without_errors_has_no_summary():
    assert "error-summary" not in rendered(Draft())


def test_markup_in_labels_and_errors_is_shown_as_text():
    page = refused_page()
    assert "&lt;b&gt;Subject&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<i>" not in page


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_style_sheet_fetches_nothing(sheet):
    assert not re.search(r"url\(|@import|@font-face", sheet.read_text())


def test_no_page_has_inline_style_or_script():
    pages = [
        page for page in (ROOT / "templates").rglob("*.html") if "mail" not in page.parts and "pdf" not in page.parts
    ]
    assert pages
    for page in pages:
        text = page.read_text()
        assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:|<script(?![^>]*\bsrc=)", text), page


def test_no_page_or_mail_holds_the_leftovers_of_a_merge():
    for page in (page for page in (ROOT / "templates").rglob("*") if page.is_file()):
        assert not re.search(r"^(<{7}|={7}|>{7})", page.read_text(), re.MULTILINE), page


# WCAG 2.2: 4.5 for text, 3 for the edges of controls.
PAIRS = [
    *((ink, ground, 4.5) for ink in ("ink", "faded", "accent", "bad") for ground in ("desk", "paper", "well")),
    ("accent-deep", "desk", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-deep", 4.5),
    ("ink", "wash", 4.5),
    ("accent", "wash", 4.5),
    ("bad", "bad-wash", 4.5),
    ("faded", "bad-wash", 4.5),
    ("ink", "warn-wash", 4.5),
    ("faded", "warn-wash", 4.5),
    ("edge", "desk", 3),
    ("edge", "paper", 3),
    ("edge", "well", 3),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ink,ground,least", PAIRS)
def test_a_colour_can_be_told_from_its_ground(scheme, ink, ground, least):
    light, dark = (ROOT / "coalition/web/static/tokens.css").read_text().split("@media", 1)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", light if scheme == "light" else dark))
    assert contrast(colours[ink], colours[ground]) >= least


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
