from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats.times import iso_millis, iso_seconds, parse_iso

MOMENTS = st.datetimes(timezones=st.just(UTC))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def test_shapes() -> None:
    assert iso_seconds(1767323045678) == "2026-01-02T03:04:05Z"
    assert iso_millis(1767323045678) == "2026-01-02T03:04:05.678Z"
    assert iso_seconds(0) == "1970-01-01T00:00:00Z"
    assert iso_millis(-1) == "1969-12-31T23:59:59.999Z"


@given(MOMENTS)
def test_agrees_with_datetime(moment: datetime) -> None:
    ms = ms_of(moment)
    whole = moment.replace(microsecond=0, tzinfo=None).isoformat()
    assert iso_seconds(ms) == whole + "Z"
    assert iso_millis(ms) == f"{whole}.{moment.microsecond // 1000:03}Z"
    assert parse_iso(iso_millis(ms)) == ms
    assert parse_iso(iso_seconds(ms)) == ms - ms % 1000


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_reads_offsets(moment: datetime, minutes: int) -> None:
    sign, (hours, rest) = "+-"[minutes < 0], divmod(abs(minutes), 60)
    text = f"{moment.replace(tzinfo=None).isoformat()}{sign}{hours:02}:{rest:02}"
    assert parse_iso(text) == ms_of(moment) - minutes * 60_000


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-01-02T03:04:05.1Z", 1767323045100),
        ("2026-01-02T03:04:05.123456789Z", 1767323045123),
        ("2026-01-02 03:04:05+00:00", 1767323045000),
    ],
)
def test_reads_what_others_write(text: str, ms: int) -> None:
    assert parse_iso(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-13-02T03:04:05Z",
        "2026-01-02T25:04:05Z",
        "20260102T030405Z",
        "2026-W01-1T03:04:05Z",
        "1767323045678",
    ],
)
def test_refuses_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="2026-01-02T03:04:05Z"):
        parse_iso(text)


@given(st.text(max_size=40) | st.from_regex(r"[0-9TZ:+.\- ]{0,40}", fullmatch=True))
def test_anything_else_is_a_value_error(text: str) -> None:
    try:
        assert isinstance(parse_iso(text), int)
    except ValueError as error:
        assert "timestamp" in str(error)  # noqa: PT017 - either answer is right


@given(st.integers())
def test_years_outside_the_calendar(ms: int) -> None:
    try:
        assert parse_iso(iso_millis(ms)) == ms
    except ValueError as error:
        assert "years 1 to 9999" in str(error)  # noqa: PT017 - most integers are far outside
