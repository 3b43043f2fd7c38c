"""What a parameter of an address may hold. Anything else is at no address: 404, before handler and database see it."""

from starlette.convertors import IntegerConvertor, StringConvertor, register_url_convertor


class Word(StringConvertor):
    regex = r"[^/\x00-\x1f\ud800-\udfff]+"  # PostgreSQL keeps no NUL


class Number(IntegerConvertor):
    regex = "[0-9]{1,9}"  # both databases can count that far


def narrow() -> None:
    """To be called before the routes are made."""
    register_url_convertor("str", Word())
    register_url_convertor("int", Number())
