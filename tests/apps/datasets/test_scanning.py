"""The scanners on cases of our own making, in both languages: what has to be found, and what must not be."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.datasets.choices import Confidence, FoundIn, PersonalKind
from apps.datasets.services.scanning import Sampled, scan
from apps.datasets.services.scanning import numbers as n

TODAY = date(2026, 6, 1)
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def luhn_end(digits):
    return digits + next(str(c) for c in range(10) if n.luhn(digits + str(c)))


def emirates_id(k, *, parted=True):
    digits = luhn_end(f"784{1950 + k % 60}{1234567 + k * 7919:07d}"[:14])
    return f"{digits[:3]}-{digits[3:7]}-{digits[7:14]}-{digits[14]}" if parted else digits


def iban(country, body):
    rest = int("".join(str(int(s, 36)) for s in f"{body}{country}00"))
    return f"{country}{98 - rest % 97:02d}{body}"


def card(prefix, length, k):
    return luhn_end(f"{prefix}{k:0{length - len(prefix) - 1}d}")


def many(make, count=40):
    return [make(k) for k in range(count)]


ENGLISH = ["Ahmed Al-Mansoori", "John Smith", "Fatima bint Khalid", "Mary Ann O'Neill", "Rashid bin Saeed"]
ARABIC_NAMES = ["محمد بن راشد", "فاطمة عبد الله", "د. سارة الكعبي", "خالد سعيد", "نورة بنت حمد"]
# kind, name, type, values
FOUND = [
    ("emirates_id", "c1", "VARCHAR", many(emirates_id)),
    ("emirates_id", "c1", "BIGINT", many(lambda k: int(emirates_id(k, parted=False)))),
    ("emirates_id", "رقم", "VARCHAR", many(lambda k: emirates_id(k).translate(ARABIC))),
    ("iban", "c1", "VARCHAR", many(lambda k: iban("AE", f"033{k:016d}"))),
    ("iban", "c1", "VARCHAR", many(lambda k: iban("DE", f"{k:018d}")[:4] + " " + iban("DE", f"{k:018d}")[4:])),
    ("phone", "c1", "VARCHAR", many(lambda k: f"05{'024568'[k % 6]} {k:03d} {k * 37:04d}")),
    ("phone", "c1", "VARCHAR", many(lambda k: f"+971 50 {k:03d} {k * 37:04d}".translate(ARABIC))),
    ("phone", "c1", "BIGINT", many(lambda k: 971501000000 + k * 997)),
    ("phone", "c1", "VARCHAR", many(lambda k: f"+49 30 {k:04d} {k * 3:04d}")),
    ("email", "c1", "VARCHAR", many(lambda k: f"someone{k}@example.ae")),
    ("email", "c1", "VARCHAR", many(lambda k: f"موظف{k}@مثال.امارات")),
    ("card", "c1", "VARCHAR", many(lambda k: card("4", 16, k * 104729))),
    ("card", "c1", "VARCHAR", many(lambda k: card("37", 15, k * 104729))),
    ("card", "c1", "BIGINT", many(lambda k: int(card("53", 16, k * 104729)))),
    ("passport", "passport_no", "VARCHAR", many(lambda k: f"N{1000000 + k * 97:07d}")),
    ("passport", "رقم الجواز", "VARCHAR", many(lambda k: f"N{1000000 + k * 97:07d}".translate(ARABIC))),
    ("passport", "scan", "VARCHAR", ["L898902C36UTO7408122F1204159ZE184226B<<<<<10"] * 5),
    ("tax_id", "trn", "VARCHAR", many(lambda k: f"100{k * 7919:012d}")),
    ("person", "c1", "VARCHAR", [f"{a} {w}" for a in ENGLISH for w in ("", "Junior", "Hassan")]),
    ("person", "c1", "VARCHAR", [f"{a} {w}" for a in ARABIC_NAMES for w in ("", "الحوسني", "علي")]),
    ("person", "customerName", "VARCHAR", ["Zyx Wvu", "Qrs Tuv", "Mno Pqr"]),
    ("person", "اسم العميل", "VARCHAR", ["ريم", "شيخة", "موزة"]),
    ("birth", "dob", "DATE", many(lambda k: date(1960, 1, 1) + timedelta(days=k * 300))),
    (
        "birth",
        "تاريخ الميلاد",
        "VARCHAR",
        many(lambda k: f"{1 + k % 28:02d}/{1 + k % 12:02d}/{1960 + k}".translate(ARABIC)),
    ),
    ("birth", "c1", "DATE", many(lambda k: date(1955, 1, 1) + timedelta(days=k * 500))),
    ("geo", "c1", "VARCHAR", many(lambda k: f"25.{2000 + k}, 55.{2700 + k}")),
    ("geo", "shape", "VARCHAR", ["POINT (55.27 25.20)", "POLYGON ((1 1, 2 2, 3 1, 1 1))"]),
    ("delicate", "blood_group", "VARCHAR", ["A+", "B-"]),
    ("delicate", "الديانة", "VARCHAR", ["x", "y"]),
    ("name", "home_address", "VARCHAR", ["7 x", "8 y"]),
    ("name", "الجنس", "VARCHAR", ["ذ", "أ"]),
]
# What looks like something and is not: one digit beside it, another range, another meaning.
NOT_FOUND = [
    ("c1", "VARCHAR", many(lambda k: emirates_id(k)[:-1] + str((int(emirates_id(k)[-1]) + 1) % 10))),
    ("c1", "VARCHAR", many(lambda k: iban("AE", f"033{k:016d}")[:-1] + "X")),
    ("c1", "VARCHAR", many(lambda k: iban("AE", f"033{k:014d}"))),
    ("order_id", "BIGINT", many(lambda k: 1_000_000_000_000_000 + k * 7919)),
    ("amount", "DOUBLE", many(lambda k: k * 1.25)),
    ("c1", "BIGINT", many(lambda k: 20_240_000 + k)),
    (
        "airport",
        "VARCHAR",
        ["Newark Liberty Intl", "La Guardia", "John F Kennedy Intl", "Dubai International Airport"] * 4,
    ),
    ("company", "VARCHAR", ["شركة النور", "بنك الخليج", "مؤسسة السلام", "مطار دبي", "وزارة المالية", "مدينة العين"]),
    ("carrier", "VARCHAR", ["UA", "AA", "B6", "DL", "EV"] * 8),
    ("tailnum", "VARCHAR", many(lambda k: f"N{14000 + k}")),
    ("ordered_on", "DATE", many(lambda k: date(2025, 1, 1) + timedelta(days=k))),
    ("has_email", "BOOLEAN", [True, False]),
    ("year", "BIGINT", [2013] * 9),
    ("version", "VARCHAR", ["1.2.3", "10.4.1"]),
    ("status", "VARCHAR", ["open", "closed", "waiting", "new", "done"] * 4),
    ("manufacturer", "VARCHAR", ["BOEING", "AIRBUS", "EMBRAER", "CESSNA", "PIPER"] * 4),
    ("إجمالي", "DECIMAL(10,2)", [Decimal("1.50")]),
    ("uuid", "VARCHAR", many(lambda k: f"{k:08x}-0000-4000-8000-{k * 7:012x}")),
    ("long", "BIGINT", [1, 2, 3]),
]


@pytest.mark.parametrize(("kind", "name", "type_", "values"), FOUND)
def test_it_is_found(kind, name, type_, values):
    found = scan([Sampled(name, type_, values)], today=TODAY)
    assert name in found, "nothing was found"
    assert found[name].kind == kind


def test_nothing_is_found_where_nothing_is():
    wrong = {
        (name, found[name].kind)
        for name, type_, values in NOT_FOUND
        if (found := scan([Sampled(name, type_, values)], today=TODAY))
    }
    assert wrong == set()


def test_a_value_in_free_text_is_found_with_its_share():
    said = ["Please call back tomorrow, the customer was not at home"] * 19
    for kind, value in (
        ("email", "someone@example.ae"),
        ("emirates_id", emirates_id(3).translate(ARABIC)),
        ("phone", "0501234567"),
        ("iban", iban("AE", "0331234567890123456")),
        ("card", card("4", 16, 104729)),
    ):
        found = scan([Sampled("note", "VARCHAR", [*said, f"العميل طلب التواصل على {value} غدا صباحا"])], today=TODAY)
        finding = found["note"]
        assert (finding.kind, finding.found_in, round(finding.share, 2)) == (kind, FoundIn.TEXT, 0.05)


def test_the_share_decides_how_sure_it_is():
    ids, other = many(emirates_id), [f"x{k}" for k in range(40)]
    sure = {share: _sure([*ids[:share], *other[: 40 - share]]) for share in (40, 24, 4, 1)}
    assert sure == {40: Confidence.HIGH, 24: Confidence.MEDIUM, 4: Confidence.MEDIUM, 1: None}


def _sure(values):
    found = scan([Sampled("c1", "VARCHAR", values)], today=TODAY)
    return found["c1"].confidence if found else None


def test_a_latitude_is_a_place_only_beside_a_longitude():
    lat, lon = Sampled("lat", "DOUBLE", [25.2, 24.4]), Sampled("lon", "DOUBLE", [55.3, 54.4])
    assert {name: found.kind for name, found in scan([lat, lon], today=TODAY).items()} == {
        "lat": PersonalKind.GEO,
        "lon": PersonalKind.GEO,
    }
    assert scan([lat], today=TODAY) == {}
    assert scan([lat, Sampled("lon", "DOUBLE", [555.0])], today=TODAY) == {}


def test_check_digits_of_published_examples():
    """Examples that the standards themselves print."""
    assert n.is_iban("GB82 WEST 1234 5698 7654 32"), "ISO 13616-1, United Kingdom"
    assert n.is_iban("AE070331234567890123456"), "SWIFT registry, United Arab Emirates"
    assert n.is_iban("SA0380000000608010167519"), "SWIFT registry, Saudi Arabia"
    assert n.is_card("4111 1111 1111 1111") is False, "two digits only: a card for tests"
    assert n.is_card("378282246310005")
    assert n.is_passport_line("L898902C36UTO7408122F1204159ZE184226B<<<<<10"), "ICAO 9303-4, appendix A"
