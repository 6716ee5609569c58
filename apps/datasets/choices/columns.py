from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ColumnClass(TextChoices):
    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    PERSONAL = "personal", _("Personal")
    SENSITIVE = "sensitive", _("Sensitive")


class PersonalKind(TextChoices):
    """What a column is suspected to hold, by its name or by the shape of its values."""

    EMAIL = "email", _("e-mail addresses")
    EMIRATES_ID = "emirates_id", _("Emirates IDs")
    IBAN = "iban", _("bank accounts (IBAN)")
    PHONE = "phone", _("telephone numbers")
    CARD = "card", _("payment cards")
    PASSPORT = "passport", _("passport numbers")
    TAX_ID = "tax_id", _("tax registration numbers")
    PERSON = "person", _("names of people")
    BIRTH = "birth", _("dates of birth")
    GEO = "geo", _("places (coordinates)")
    DELICATE = "delicate", _("sensitive personal data, as the law calls it")
    NAME = "name", _("something about a person, by its name")


class Confidence(TextChoices):
    """How sure a scanner is of what it suspects."""

    HIGH = "high", _("nearly sure")
    MEDIUM = "medium", _("probable")
    LOW = "low", _("possible")


class FoundIn(TextChoices):
    """Where a scanner met what it suspects."""

    VALUES = "values", _("values")
    TEXT = "text", _("inside longer text")
    NAME = "name", _("the column's name")
    SOURCE = "source", _("the columns that it is made of")


# What a column of this kind is proposed as. Numbers that open an account or prove who one is do more harm than a name;
# DELICATE are the words of article 1 of Federal Decree-Law 45 of 2021 on the Protection of Personal Data.
SUGGESTED: dict[str, ColumnClass] = {
    PersonalKind.EMAIL: ColumnClass.PERSONAL,
    PersonalKind.EMIRATES_ID: ColumnClass.SENSITIVE,
    PersonalKind.IBAN: ColumnClass.SENSITIVE,
    PersonalKind.PHONE: ColumnClass.PERSONAL,
    PersonalKind.CARD: ColumnClass.SENSITIVE,
    PersonalKind.PASSPORT: ColumnClass.SENSITIVE,
    PersonalKind.TAX_ID: ColumnClass.PERSONAL,
    PersonalKind.PERSON: ColumnClass.PERSONAL,
    PersonalKind.BIRTH: ColumnClass.PERSONAL,
    PersonalKind.GEO: ColumnClass.PERSONAL,
    PersonalKind.DELICATE: ColumnClass.SENSITIVE,
    PersonalKind.NAME: ColumnClass.PERSONAL,
}
# From the freest to the strictest; a column that nobody has classified stands beside them, not among them.
STRICTNESS = {one: place for place, one in enumerate(ColumnClass.values)}
