"""The clock: the one place that asks what time it is, and how moments are said in words."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from coalition.base.refused import Refused


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str:
    """ISO 8601 in UTC to the second, as exports write it: 2009-10-26T09:00:00Z; empty for None."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def day_words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def moment_words(moment: datetime, time_zone: str) -> str:
    """As a person says it: Friday 13 November 2009 at 17:00, London time."""
    there = moment.astimezone(ZoneInfo(time_zone))
    return f"{day_words(there)} at {there:%H:%M}, {place(time_zone)} time"


def place(time_zone: str) -> str:
    """What people call a time zone: London for Europe/London."""
    return time_zone.rpartition("/")[2].replace("_", " ")


def moment(local: datetime, time_zone: str) -> datetime:
    """When the clocks of a time zone show `local`. Raises Refused for what they skip or show twice as they change."""
    local = local.replace(tzinfo=None)
    zone, shown = ZoneInfo(time_zone), f"{local:%H:%M}"
    where = f"on {day_words(local)} in {place(time_zone)}"
    try:
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        skipped = first.astimezone(zone).replace(tzinfo=None, fold=0) != local
    except OverflowError:  # the first and last days of the calendar
        raise Refused(f"The year {local.year} is too far away. Choose another day.") from None
    if skipped:
        raise Refused(f"There is no {shown} {where}: the clocks go forward past it. Choose an earlier or a later time.")
    if first != second:
        raise Refused(f"{shown} comes twice {where}: the clocks go back. Choose an earlier or a later time.")
    return first
