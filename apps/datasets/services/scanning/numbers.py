"""Numbers that name people, accounts and things, told from other numbers by their check digits and ranges.

Every function takes text as `plain` leaves it: digits are 0-9 and nothing stands around it. Sources are named at each.
"""

from __future__ import annotations

import re

# Arabic-Indic and Extended Arabic-Indic digits, and marks that say only in which direction text runs.
_PLAIN = {
    **{0x0660 + n: str(n) for n in range(10)},
    **{0x06F0 + n: str(n) for n in range(10)},
    **dict.fromkeys([0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0xFEFF]),
    0x066B: ".",
    0x00A0: " ",
    0x2011: "-",
    0x2013: "-",
}
_PARTED = str.maketrans("", "", " -")
_EMIRATES_ID = re.compile(r"784-?(\d{4})-?\d{7}-?\d")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}|\d{4}[ -]?\d{6}[ -]?\d{4,5}|\d{13,19}")
_PASSPORT = re.compile(r"[A-Z]{1,2}\d{6,8}|\d{8,9}")
_MRZ = re.compile(r"[A-Z0-9<]{9}\d[A-Z]{3}\d{6}\d[MFX<]\d{6}\d[A-Z0-9<]{14}\d\d")
_TAX_ID = re.compile(r"100-?\d{4}-?\d{4}-?\d{4}|100\d{12}|100-?\d{4}-?\d{4}-?\d{2}-?\d{2}")
_LOCAL_PHONE = re.compile(r"(?:\(?0(?:5[024568]|[234679])\)?)[ -]?\d{3}[ -]?\d{4}|(?:800|600)[ -]?\d{3,6}")
_EMIRATES_PHONE = re.compile(r"(?:\+|00)?971[ -]?(?:\(0\)[ -]?)?(?:5[024568]|[234679])[ -]?\d{3}[ -]?\d{4}")
_PHONE = re.compile(r"(?:\+|00)[1-9](?:[ ().-]{0,2}\d){6,14}")
# Assigned country calling codes by their first digits: ITU-T E.164, list of 2016 and later amendments.
_CALLING = re.compile(
    r"1|7|2(?:0|7|1[1-368]|[2-6]\d|9[017-9])|3(?:[0-469]|5\d|7\d|8[0-35-79])|4(?:[013-9]|2[013])|5(?:[1-8]|0\d|9\d)"
    r"|6(?:[0-6]|7[02-9]|8[0-35-9]|9[0-2])|8(?:[1246]|0[08]|5[02356]|7[0-9]|8[0-38])|9(?:[0-58]|6\d|7[0-79]|9[2-68])"
)
# Lengths by country: SWIFT IBAN registry, release 99.
_IBAN_LENGTHS = {
    **dict.fromkeys(["NO"], 15),
    **dict.fromkeys(["BE"], 16),
    **dict.fromkeys(["DK", "FO", "FI", "GL", "NL", "SD", "FK"], 18),
    **dict.fromkeys(["MK", "SI"], 19),
    **dict.fromkeys(["AT", "BA", "EE", "KZ", "LT", "LU", "XK", "MN"], 20),
    **dict.fromkeys(["HR", "LV", "LI", "CH"], 21),
    **dict.fromkeys(["BH", "BG", "CR", "GE", "DE", "IE", "ME", "RS", "GB", "VA"], 22),
    **dict.fromkeys(["AE", "GI", "IL", "IQ", "TL", "SO", "OM"], 23),
    **dict.fromkeys(["AD", "CZ", "MD", "PK", "RO", "SA", "SK", "ES", "SE", "TN", "VG"], 24),
    **dict.fromkeys(["PT", "LY", "ST"], 25),
    **dict.fromkeys(["IS", "TR"], 26),
    **dict.fromkeys(["FR", "GR", "IT", "MR", "MC", "SM", "BI", "DJ"], 27),
    **dict.fromkeys(["AL", "AZ", "BY", "CY", "DO", "SV", "GT", "HU", "LB", "PL", "NI"], 28),
    **dict.fromkeys(["BR", "EG", "PS", "QA", "UA"], 29),
    **dict.fromkeys(["JO", "KW", "MU", "YE"], 30),
    **dict.fromkeys(["MT", "SC"], 31),
    "LC": 32,
    "RU": 33,
}


def plain(text: str) -> str:
    """Text with digits 0-9, without marks of direction and outer spaces."""
    return text.translate(_PLAIN).strip() if not text.isascii() else text.strip()


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        digit = int(sign)
        total += digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
    return total % 10 == 0


def is_emirates_id(text: str) -> bool:
    """784-YYYY-NNNNNNN-C: the country (ISO 3166 numeric), a year of birth, seven digits, one that checks (Luhn)."""
    found = _EMIRATES_ID.fullmatch(text)
    return bool(found) and 1900 <= int(found[1]) <= 2100 and luhn(text.translate(_PARTED))  # type: ignore[index]


def is_iban(text: str) -> bool:
    """ISO 13616-1: a country's length, and remainder 1 modulo 97 with the first four signs at the end, A as 10."""
    signs = text.translate(_PARTED).upper()
    if not _IBAN.fullmatch(signs) or _IBAN_LENGTHS.get(signs[:2]) != len(signs):
        return False
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """ISO/IEC 7812: a known range of issuers with its lengths, and Luhn; not the same digit all over."""
    if not _CARD.fullmatch(text):
        return False
    digits = text.translate(_PARTED)
    return _issued(digits) and len(set(digits)) > 2 and luhn(digits)


def _issued(digits: str) -> bool:
    """Ranges as the schemes publish them: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay."""
    length, four = len(digits), int(digits[:4])
    if digits[0] == "4":
        return length in {13, 16, 19}
    if 5100 <= four <= 5599 or 2221 <= four <= 2720:
        return length == 16
    if digits[:2] in {"34", "37"}:
        return length == 15
    if 3000 <= four <= 3059 or digits[:2] in {"36", "38"}:
        return 14 <= length <= 19
    issued = four == 6011 or 6440 <= four <= 6599 or 3528 <= four <= 3589 or digits[:2] == "62"
    return issued and 16 <= length <= 19


def is_phone(text: str) -> bool:
    """UAE numbers by the numbering plan of the TDRA, local and with 971; others with + or 00 (E.164)."""
    if _LOCAL_PHONE.fullmatch(text) or _EMIRATES_PHONE.fullmatch(text):
        return True
    if not _PHONE.fullmatch(text):
        return False
    digits = re.sub(r"\D", "", text).removeprefix("00")
    return 7 <= len(digits) <= 15 and bool(_CALLING.match(digits))


def looks_like_passport(text: str) -> bool:
    """One or two letters and six to eight digits, or eight or nine digits: too common to be believed by itself."""
    return bool(_PASSPORT.fullmatch(text.upper()))


def is_passport_line(text: str) -> bool:
    """The second line of a passport's machine-readable zone with its check digits (ICAO 9303-4, 4.2.2)."""
    if len(text) != 44 or not _MRZ.fullmatch(text):
        return False
    parts = ((text[:9], text[9]), (text[13:19], text[19]), (text[21:27], text[27]))
    return all(_mrz_check(part) == int(check) for part, check in parts)


def _mrz_check(text: str) -> int:
    values = (0 if sign == "<" else int(sign, 36) for sign in text)
    return sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10


def looks_like_tax_id(text: str) -> bool:
    """A UAE tax registration number: fifteen digits that begin with 100. The authority publishes no check digit."""
    return bool(_TAX_ID.fullmatch(text))
