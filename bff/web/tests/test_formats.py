"""Figures, moments and identifiers as a reader sees them, in both languages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask

from bff.money import Money
from bff.web import formats
from bff.web.states import STEMS, look_of
from bff.web.tests.specimen import specimen_app

THEN = datetime(2026, 11, 22, 7, 32, tzinfo=UTC)
THIN, NBSP = "\u202f", "\u00a0"


@pytest.fixture(scope="module")
def app() -> Flask:
    """The specimen site."""
    return specimen_app()


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    """A request that reads English."""
    with app.test_request_context("/windows?sort=opened&state=OPEN&state=CLOSED", headers={"Portal-Locale": "en"}):
        yield


@pytest.fixture
def french(app: Flask) -> Iterator[None]:
    """A request that reads French."""
    with app.test_request_context(headers={"Portal-Locale": "fr"}):
        yield


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        (Decimal("1234.5"), "USD", "1,234.50"),
        (Decimal("12345678901234.56"), "USD", "12,345,678,901,234.56"),
        (Decimal("8700000"), "XOF", "8,700,000"),
        (Decimal("1.2"), "BHD", "1.200"),
        (Decimal("-225000"), "USD", "\N{MINUS SIGN}225,000.00"),
        (Decimal(0), "USD", "0.00"),
        (Decimal("1E+3"), "USD", "1,000.00"),
        (None, "USD", formats.NOTHING),
        (Money("USD", Decimal("10")), "", "10.00"),
    ],
)
def test_an_amount_is_written_at_the_scale_of_its_currency(value: Decimal | None, currency: str, written: str) -> None:
    assert formats.amount(value, currency) == written


@pytest.mark.usefixtures("english")
def test_digits_beyond_the_scale_are_never_hidden() -> None:
    assert formats.amount(Decimal("144.2468"), "USD") == "144.2468"
    assert formats.amount(Decimal("0.5"), "XOF") == "0.5"


@pytest.mark.usefixtures("french")
def test_french_groups_with_thin_spaces_and_says_the_comma() -> None:
    assert formats.amount(Decimal("1234567.5"), "USD") == f"1{THIN}234{THIN}567,50"
    assert formats.count(1204) == f"1{THIN}204"
    assert formats.when(THEN, "Africa/Nairobi") == "22 nov. 2026 10:32 EAT"


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1234.56"), "owes 1,234.56"),
        (Decimal("-1234.56"), "is owed 1,234.56"),
        (Decimal("0.00"), "owes nothing"),
        (None, formats.NOTHING),
    ],
)
def test_a_sign_is_said_in_words(value: Decimal | None, written: str) -> None:
    assert formats.owes(value, "USD") == written


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("value", "zone", "written"),
    [
        (THEN, "Africa/Nairobi", "22 Nov 2026 10:32 EAT"),
        ("2026-11-22T07:32:00.000Z", "UTC", "22 Nov 2026 07:32 UTC"),
        ("2026-11-22 07:32:56.610", "UTC", "22 Nov 2026 07:32 UTC"),
        ('"2026-11-22T07:32:00.000Z"', "Africa/Dakar", "22 Nov 2026 07:32 GMT"),
        (THEN, "Asia/Dubai", "22 Nov 2026 11:32 UTC+4"),
        (THEN, "Asia/Yangon", "22 Nov 2026 14:02 UTC+6:30"),
        (THEN, "America/Bogota", "22 Nov 2026 02:32 UTC\N{MINUS SIGN}5"),
        (None, "UTC", formats.NOTHING),
    ],
)
def test_a_moment_is_written_with_its_zone(value: datetime | str | None, zone: str, written: str) -> None:
    assert formats.when(value, zone) == written


@pytest.mark.usefixtures("english")
def test_seconds_days_and_times_of_day_are_written_when_asked_for() -> None:
    assert formats.when(THEN, seconds=True) == "22 Nov 2026 07:32:00 UTC"
    assert formats.clock(THEN, "Africa/Nairobi") == "10:32 EAT"
    assert formats.day(date(2026, 11, 22)) == formats.day("2026-11-22T23:59:00Z") == "22 Nov 2026"
    assert formats.iso("2026-11-22T10:32:00+03:00") == "2026-11-22T07:32:00Z"


@pytest.mark.usefixtures("english")
def test_how_long_ago_is_said_in_words() -> None:
    assert formats.relative("2026-11-22T07:30:00Z", THEN) == "2 minutes ago"
    assert formats.relative("2026-11-22T09:32:00Z", THEN) == "in 2 hours"


@pytest.mark.usefixtures("english")
def test_shares_are_whole_per_cents_unless_small() -> None:
    assert [formats.percent(Decimal(each)) for each in ("0.834", "0.0144", "1.045", "0")] == [
        "83%",
        "1.4%",
        "104%",
        "0%",
    ]


def test_an_identifier_is_shortened_in_its_middle() -> None:
    assert formats.short_id("5f1c9a62-7d3e-4b8a-9c14-2b1f0e6a7d91") == "5f1c9a62…7d91"
    assert formats.short_id(1042) == "1042"


@pytest.mark.usefixtures("english")
def test_a_pages_address_changes_only_where_asked() -> None:
    assert formats.here() == "/windows?sort=opened&state=OPEN&state=CLOSED"
    assert formats.here(sort="-opened", after="x y") == "/windows?sort=-opened&state=OPEN&state=CLOSED&after=x+y"
    assert formats.here(state=None, sort=None) == "/windows"
    assert formats.here(state=["SETTLED"], sort=None) == "/windows?state=SETTLED"


def test_a_mounted_pages_address_leads_through_its_mount(app: Flask) -> None:
    with app.test_request_context("/windows?a=1", environ_overrides={"SCRIPT_NAME": "/settlement"}):
        assert formats.here(b=2) == "/settlement/windows?a=1&b=2"


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("code", "word", "tone", "shape"),
    [
        ("OPEN", "Open", "info", "ring"),
        ("CLOSED", "Closed", "plain", "full"),
        ("PENDING_SETTLEMENT", "Pending settlement", "attention", "half"),
        ("SETTLED", "Settled", "ok", "tick"),
        ("ABORTED", "Aborted", "danger", "cross"),
        ("PROCESSING", "Processing", "info", "half"),
        ("FAILED", "Failed", "danger", "triangle"),
        ("PS_TRANSFERS_RECORDED", "Transfers recorded", "info", "half"),
        ("PS_TRANSFERS_RESERVED", "Transfers reserved", "info", "half"),
        ("PS_TRANSFERS_COMMITTED", "Transfers committed", "info", "full"),
        ("SETTLING", "Settling", "info", "full"),
        ("RECEIVED_ERROR", "Received error", "danger", "triangle"),
        ("ABORTED_REJECTED", "Aborted rejected", "danger", "cross"),
        ("done", "Done", "ok", "tick"),
        ("SOMETHING_NEW", "Something new", "plain", "ring"),
    ],
)
def test_every_state_has_a_word_a_tone_and_a_shape(code: str, word: str, tone: str, shape: str) -> None:
    look = look_of(code)
    assert (str(look.word), look.tone, look.shape) == (word, tone, shape)


def test_tones_and_shapes_are_those_that_the_stylesheet_draws() -> None:
    assert {look.tone for look in STEMS.values()} <= {"ok", "attention", "danger", "info", "plain"}
    assert {look.shape for look in STEMS.values()} <= {"ring", "half", "full", "tick", "cross", "triangle"}


def test_what_a_template_left_out_reads_as_nothing() -> None:
    class Row:
        name = "payerfsp"

    assert formats.given({"a": 1})["b"] is None  # type: ignore[index]
    assert formats.given(Row()).tone is None  # type: ignore[union-attr]
    assert formats.given(Row()).name == "payerfsp"  # type: ignore[union-attr]
