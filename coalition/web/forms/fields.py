"""What every form is made of, and what is read from one that was posted."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from wtforms import (
    Field,
    Form,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, ValidationError

from coalition.endorsements.rules import LONGEST
from coalition.organisations import names

MINUTES = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


async def posted(request: Request, *, files: int = 0, fields: int = 400, longest: int = 512 * 1024) -> FormData:
    """The posted fields. Bounded here in number and length, and by the app in bytes."""
    try:
        return await request.form(max_files=files, max_fields=fields, max_part_size=longest)
    except HTTPException as error:
        # Starlette calls a form that is too large malformed; a person should hear which of the two it is.
        if "exceeded maximum" in error.detail or error.detail.startswith("Too many"):
            raise HTTPException(413) from None
        raise


def clean(value: str | None) -> str:
    """As a person meant it: no blanks at the ends, none of the characters that no page can show."""
    return "".join(c for c in value or "" if c.isprintable() or c in "\n\r\t").strip()


def one_line(value: str | None) -> str:
    return " ".join(clean(value).split())


def seen(form: FormData) -> int | None:
    """How many decisions there were when the form was opened; None from a script that does not say."""
    return whole_number(form.get("seen"))


def whole_number(value: Any, most: int = 2**31 - 1) -> int | None:
    """The number a field or address carries, or None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= most:
        return int(value)
    return None


def put(form: Form, problems: dict[str, str]) -> None:
    """Shows what a rule found wrong beside the fields it names."""
    for name, sentence in problems.items():
        form[name].errors = [*form[name].errors, sentence]


def options(choices: Mapping[str, str]) -> list[Any]:
    """Value -> label, as WTForms wants them."""
    return [SelectChoice(value, label) for value, label in choices.items()]


def text_field(label: str, longest: int = LONGEST, required: str = "", **options: Any) -> StringField:
    kind = options.pop("kind", StringField)
    checks: list[Any] = [Length(max=longest, message=f"This is longer than {longest:,} characters. Please shorten it.")]
    if required:
        checks.insert(0, InputRequired(required))
    render = {"maxlength": longest, **options.pop("render_kw", {})}
    field: StringField = kind(label, checks, filters=[clean], render_kw=render, **options)
    return field


def lines_field(label: str, **options: Any) -> TextAreaField:
    return TextAreaField(
        label, [Length(max=4000, message="This is too long. Please shorten it.")], filters=[clean], **options
    )


def lines_of(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


def address(form: Form, field: Field) -> None:
    if field.data:
        try:
            field.data = names.check_email(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None


def checked(field: Field, check: Callable[[str], str]) -> None:
    if field.data:
        try:
            field.data = check(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None


def moment_of(local: datetime | None, zone: ZoneInfo) -> datetime | None:
    if local is None:
        return None
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:  # the first and last days of the calendar
        return local.replace(tzinfo=UTC)
