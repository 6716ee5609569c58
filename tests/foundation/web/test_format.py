from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_datetime
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from foundation.web import calendars
from foundation.web.browsers import browser_in_words
from foundation.web.templatetags import sanad_format as shown
from foundation.web.templatetags import sanad_svg as drawn
from foundation.web.templatetags.sanad_ui import tone

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (336776, "336,776"),
        (0.73961, "0.740"),
        (1234.5, "1,234.5"),
        (0.00001, "1.00e-05"),
        (0, "0"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_numbers_have_as_many_decimals_as_a_reader_wants(value, said):
    assert shown.number(value) == said


@pytest.mark.parametrize("huge", [1e300, -1e30, 2**127, 10**400, Decimal("1e28"), 1e15])
@pytest.mark.parametrize(
    "written", [shown.number, shown.quantity, shown.percent, shown.money, shown.price, shown.compact]
)
def test_whoever_logs_a_figure_that_nobody_can_write_out_breaks_no_page(written, huge):
    assert "e+" in written(huge)


def test_a_diverged_metric_is_a_power_of_ten():
    assert (shown.number(1e30), shown.percent(1e30, 0), shown.number(10**14)) == (
        "1.00e+30",
        "1.00e+32\u202f%",
        "100,000,000,000,000",
    )


def test_arabic_pages_keep_latin_digits():
    with translation.override("ar"):
        assert shown.number(336776) == "336,776"
        assert "25.7" in shown.percent(0.2571)


def test_a_minus_stands_before_its_digits_in_arabic_too():
    below = {shown.number: (-5, -1.5, -1e30), shown.percent: (-0.5,)}
    with translation.override("ar"):
        arabic = [write(value) for write, values in below.items() for value in values]
    english = [write(value) for write, values in below.items() for value in values]
    assert english == ["-5", "-1.500", "-1.00e+30", "-50.0\u202f%"]
    assert arabic == [f"\u200e{one}" for one in english]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0042, "4.2 ms"), (12.3, "12.3 s"), (75, "1 min 15 s"), (7260, "2 h 1 min"), (864000, "10 days")],
)
def test_durations_are_said_in_two_units_at_most(seconds, said):
    assert shown.duration(seconds) == said
    assert shown.duration(timedelta(seconds=seconds)) == said


def test_sizes_are_decimal_and_isolated():
    assert shown.filesize(8_421_376) == "<bdi>8.4\u202fMB</bdi>"


def test_a_relative_time_carries_the_exact_one_in_the_readers_zone_and_in_utc(monkeypatch):
    monkeypatch.setattr(shown, "now", lambda: NOON)
    with timezone.override("Asia/Dubai"):
        said = shown.ago(NOON - timedelta(minutes=12))
    assert ">12 minutes ago</time>" in said
    assert "15:48:00" in said
    assert "2026-11-03 11:48:00 UTC" in said


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("month", range(1, 13))
def test_an_exact_time_is_written_as_babel_writes_it(language, month):
    with translation.override(language), timezone.override("Asia/Dubai"):
        moment = NOON.replace(month=month)
        by_babel = format_datetime(timezone.localtime(moment), "d MMM y HH:mm:ss", locale=shown.locale())
        assert shown.exact(moment).startswith(f"{by_babel} GMT+4 · ")


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Asia/Dubai", "16:00 GMT+4"),
        ("UTC", "12:00 UTC"),
        ("Asia/Kolkata", "17:30 GMT+5:30"),
        ("America/New_York", "07:00 GMT-5"),
    ],
)
def test_an_absolute_time_names_its_zone(zone, said):
    with timezone.override(zone):
        shown_time = shown.moment(NOON)
    assert f"3 Nov 2026 {said}</time>" in shown_time
    assert "2026-11-03 12:00:00 UTC" in shown_time


def test_long_names_keep_their_ending():
    name = "arrivals-late-by-fifteen-minutes-or-more"
    assert shown.head_of(name) + shown.tail_of(name) == name
    assert (shown.head_of("flights"), shown.tail_of("flights")) == ("flights", "")


@pytest.mark.parametrize(
    ("state", "expected"),
    [("succeeded", "ok"), ("RUNNING", "busy"), ("queued", "wait"), ("failed", "bad"), ("odd", "off")],
)
def test_a_state_has_a_tone(state, expected):
    assert tone(state) == expected


def test_a_sparkline_leaves_out_what_is_missing_and_escapes_its_label():
    svg = drawn.sparkline([1, None, 3, float("nan"), 2], "<b>")
    assert svg.count("L") >= 2
    assert "&lt;b&gt;" in svg
    assert "nan" not in svg


def test_a_histogram_names_its_bars():
    assert "0 – 5: 12" in drawn.mini_histogram({"edges": [0, 5, 10], "counts": [12, 3]})
    assert "UA: 7" in drawn.mini_histogram({"categories": ["UA"], "counts": [7]})


def test_the_query_string_keeps_what_is_not_changed():
    request = RequestFactory().get("/?sort=name&page=3")
    context = Context({"request": request})
    assert (
        Template("{% load sanad_ui %}{% query page=None per_page=50 %}").render(context) == "?sort=name&amp;per_page=50"
    )


def test_a_reader_of_the_hijri_calendar_reads_it_in_both_languages_with_the_gregorian_behind():
    with calendars.reading("hijri"):
        english = shown.moment(NOON)
        with translation.override("ar"):
            arabic = shown.moment(NOON)
    assert ">23 Jumada al-Ula 1448 AH " in english
    assert "23 جمادى الأولى 1448 هـ" in arabic
    assert "3 Nov 2026" in english and "2026-11-03 12:00:00 UTC" in english
    assert ">3 Nov 2026 " in shown.moment(NOON)


def test_days_outside_the_published_tables_are_gregorian():
    with calendars.reading("hijri"):
        assert "1 Jan 2200" in shown.day(datetime(2200, 1, 1, 12, tzinfo=UTC))


def test_a_month_of_bills_is_said_in_the_readers_language():
    assert shown.month("2026-11") == "November 2026"
    with translation.override("ar"):
        assert "2026" in shown.month("2026-11") and "2026-11" not in shown.month("2026-11")


def test_what_is_counted_in_wholes_has_no_decimals():
    assert [shown.number(Decimal(value), 0) for value in ("500", "2048", "120")] == ["500", "2,048", "120"]


def test_what_is_too_little_to_show_is_not_said_to_be_nothing():
    assert shown.quantity(Decimal("0.000162")) == "less than 0.001"
    assert shown.quantity(Decimal("12.5")) == "12.500"
    assert (shown.quantity(0), shown.quantity(None)) == ("0", shown.NOTHING)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
            "Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile "
            "Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.14.1", "curl"),
        ("<script>", ""),
        ("", ""),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent, words):
    assert browser_in_words(agent) == words
