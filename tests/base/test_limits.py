"""Limits on how often a source may do something."""

import pytest

from coalition.base.limits import Limit
from coalition.base.refused import TooMany


def test_one_try_too_many_is_refused_and_says_how_long_to_wait() -> None:
    limit = Limit(3, 600)
    for _ in range(3):
        limit.take("192.0.2.1")
    with pytest.raises(TooMany) as refusal:
        limit.take("192.0.2.1")
    assert 590 <= refusal.value.after <= 601
    assert refusal.value.status == 429


def test_one_source_does_not_use_up_what_another_has() -> None:
    limit = Limit(1, 600)
    limit.take("192.0.2.1")
    limit.take("192.0.2.2")


def test_a_refused_try_does_not_lengthen_the_wait() -> None:
    limit = Limit(1, 600)
    limit.take("192.0.2.1")
    waits = []
    for _ in range(50):
        with pytest.raises(TooMany) as refusal:
            limit.take("192.0.2.1")
        waits.append(refusal.value.after)
    assert max(waits) <= 601


def test_after_the_time_one_may_try_again() -> None:
    limit = Limit(1, 0)
    limit.take("192.0.2.1")
    limit.take("192.0.2.1")


def test_a_million_sources_do_not_fill_the_memory() -> None:
    limit = Limit(1, 600)
    for number in range(50_500):
        limit.take(str(number))
    assert len(limit._seen) == 50_000
