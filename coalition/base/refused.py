"""Refusals: what a rule says no to, as a sentence for the person. The web turns each into its status, once."""


class Refused(Exception):
    """A deed that may not be done now. `str()` is the sentence the person reads."""

    status = 422


class NotFound(Refused):
    """There is no such thing, or not for this person."""

    status = 404


class Closed(Refused):
    """The list is closed."""

    status = 409


class Overtaken(Refused):
    """Somebody else changed it meanwhile; what was typed is kept on the page."""

    status = 409


class Gone(Refused):
    """A link past its date, or revoked."""

    status = 410


class TooMany(Refused):
    """Too often; `after` is how many seconds to wait."""

    status = 429

    def __init__(self, sentence: str, after: int) -> None:
        super().__init__(sentence)
        self.after = after
