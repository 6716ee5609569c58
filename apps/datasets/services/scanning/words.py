"""What the name of a column says of it, in English and Arabic."""

from __future__ import annotations

import re

from apps.datasets.choices import PersonalKind

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ARABIC_MARKS = re.compile(r"[\u064b-\u0652\u0640]")
# Each alternative stands between underscores; the first kind that fits is taken.
_ENGLISH: tuple[tuple[PersonalKind, str], ...] = (
    (PersonalKind.EMAIL, r"e_?mails?|e_?mail_?(?:address|addr|id)|mail_address"),
    (PersonalKind.EMIRATES_ID, r"emirates_?id(?:_?(?:no|number))?|eid_?(?:no|number)?|uae_?id|national_?id"),
    (PersonalKind.IBAN, r"iban|bank_account(?:_no|_number)?"),
    (PersonalKind.CARD, r"(?:credit|debit|payment|bank)_?card(?:_?(?:no|number))?|card_?(?:no|number)|ccn|pan_number"),
    (PersonalKind.PASSPORT, r"passports?(?:_?(?:no|number|id))?"),
    (PersonalKind.TAX_ID, r"trn|tax_?(?:id|no|number|registration(?:_number)?)|vat_?(?:id|no|number)"),
    (PersonalKind.PHONE, r"(?:tele)?phones?|mobiles?|msisdn|cell_?phone|gsm|whatsapp|fax|contact_(?:no|number)|tel"),
    (PersonalKind.BIRTH, r"dob|birth_?(?:date|day|dt)|date_of_birth|born_on|birth_?year|year_of_birth|birth"),
    (
        PersonalKind.PERSON,
        r"(?:first|last|full|middle|family|given|maiden|father|mother|customer|client|patient|passenger|employee|student"
        r"|holder|owner|applicant|guest|contact|beneficiary|cardholder|person)_?s?_?name|surname|forename",
    ),
    (
        PersonalKind.DELICATE,
        r"religion|faith|ethnic(?:ity)?|race|tribe|health(?:_\w+)?|diagnos[ie]s|disease|blood_?(?:type|group)|disab\w+"
        r"|biometric\w*|fingerprints?|dna|genom\w*|criminal\w*|conviction\w*|sexual\w*|political\w*",
    ),
    (PersonalKind.GEO, r"geo_?(?:point|location|m|metry)?|gps(?:_\w+)?|coordinates?|lat_?lo?n?g|wkt"),
    (
        PersonalKind.NAME,
        r"ssn|(?:home_|street_|postal_)?address|gender|sex|nationality|salary|wage|income|marital\w*|ip_?address"
        r"|driving_licen[cs]e|plate_?(?:no|number)|social_security\w*",
    ),
)
_ARABIC: tuple[tuple[PersonalKind, str], ...] = (
    (PersonalKind.EMAIL, r"بريد|ايميل"),
    (PersonalKind.EMIRATES_ID, r"هويه"),
    (PersonalKind.IBAN, r"ايبان|حساب_بنكي|رقم_الحساب|الحساب_البنكي"),
    (PersonalKind.CARD, r"رقم_البطاقه|بطاقه_(?:ائتمان|بنكيه)|البطاقه_البنكيه"),
    (PersonalKind.PASSPORT, r"جواز"),
    (PersonalKind.TAX_ID, r"رقم_ضريبي|الرقم_الضريبي|التسجيل_الضريبي"),
    (PersonalKind.PHONE, r"هاتف|جوال|موبايل|متحرك|رقم_التواصل"),
    (PersonalKind.BIRTH, r"ميلاد|مولد"),
    (PersonalKind.PERSON, r"اسم_|^الاسم$|^اسم$|(?:^|_)(?:اسم|الاسم)(?:_|$)"),
    (PersonalKind.DELICATE, r"ديانه|دين(?:_|$)|تشخيص|مرض|فصيله_الدم|اعاقه|بصمه|سوابق|قبيله|عرق(?:_|$)"),
    (PersonalKind.GEO, r"احداثي|موقع_جغرافي|الموقع_الجغرافي"),
    (PersonalKind.NAME, r"عنوان|جنس|راتب|دخل|حاله_اجتماعيه|الحاله_الاجتماعيه"),
)
_RULES = [(kind, re.compile(rf"(?:^|_)(?:{words})(?:_|$)")) for kind, words in _ENGLISH]
_RULES += [(kind, re.compile(words)) for kind, words in _ARABIC]
_LATITUDE = re.compile(r"(?:^|_)(?:lat|latitude)(?:_|$)|(?:^|_)(?:خط_)?(?:ال)?عرض(?:_|$)")
_LONGITUDE = re.compile(r"(?:^|_)(?:lon|lng|long|longitude)(?:_|$)|(?:^|_)(?:خط_)?(?:ال)?طول(?:_|$)")
_ALIKE = str.maketrans("أإآٱىة", "ااااىه")


def folded(name: str) -> str:
    """A name in small letters, underscores between its words; Arabic without marks, its alike letters one."""
    parted = _CAMEL.sub("_", name)
    plain = _ARABIC_MARKS.sub("", parted).translate(_ALIKE).casefold()
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def kind_by_name(name: str) -> PersonalKind | None:
    """What a column of this name would hold."""
    said = folded(name)
    return next((kind for kind, rule in _RULES if rule.search(said)), None)


def is_latitude(name: str) -> bool:
    return bool(_LATITUDE.search(folded(name)))


def is_longitude(name: str) -> bool:
    return bool(_LONGITUDE.search(folded(name)))
