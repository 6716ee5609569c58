"""What kind of data a column holds: suspected by looking at names and a sample, said for good by a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies
from apps.datasets.choices import ColumnClass
from apps.datasets.events import ColumnClassified
from apps.datasets.models import DatasetVersion
from foundation import ledger
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.lake.ports import Column

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = re.compile(
    r"(^|_)(e?mail|phone|mobile|msisdn|passport|emirates_?id|national_?id|iban|ssn|first_?name|last_?name|surname"
    r"|full_?name|birth|dob|address|gender|religion|nationality|salary|iban)(_|$)|هوية|هاتف|بريد|اسم|جواز|ميلاد",
    re.IGNORECASE,
)
_VALUES = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE),
    "emirates_id": re.compile(r"784-?\d{4}-?\d{7}-?\d"),
    "iban": re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"),
    "phone": re.compile(r"(\+|00)\d[\d\s-]{7,14}\d"),
    "card": re.compile(r"(?:\d[ -]?){13,19}"),
}
# A column is suspected when at least this share of its sampled values has the shape.
_SHARE = 0.5


def describe_columns(columns: list[Column], sample: pa.Table) -> list[dict[str, Any]]:
    """The schema as it is kept: name, type, nullable, the class nobody has confirmed yet, and what is suspected."""
    return [
        {
            "name": column.name,
            "type": column.type,
            "nullable": column.nullable,
            "class": "",
            "suspected": suspicion(
                column.name, sample.column(column.name) if column.name in sample.column_names else None
            ),
        }
        for column in columns
    ]


def suspicion(name: str, values: pa.ChunkedArray | None) -> str:
    """Which kind of personal data the column probably holds, as one word; empty where none."""
    texts = [v for v in values.to_pylist() if isinstance(v, str)] if values is not None else []
    for kind, shape in _VALUES.items():
        hits = sum(1 for text in texts if shape.fullmatch(text.strip()) and (kind != "card" or _luhn(text)))
        if texts and hits >= _SHARE * len(texts):
            return kind
    return "name" if _NAMES.search(name) else ""


def _luhn(text: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits))]
    return len(digits) >= 13 and sum(doubled) % 10 == 0


@transaction.atomic
def classify_column(*, actor: Actor, version: DatasetVersion, column: str, column_class: str) -> DatasetVersion:
    """A person's word on a column's class."""
    policies.check_can_classify(actor, version)
    if column_class not in ColumnClass.values:
        raise Invalid(
            _("“%(name)s” is not a class of data.") % {"name": column_class}, fields={"class": [_("Unknown class.")]}
        )
    version = DatasetVersion.objects.select_for_update().get(pk=version.pk)
    if column not in version.column_names:
        raise Invalid(
            _("There is no column “%(name)s” in this version.") % {"name": column},
            fields={"column": [_("Unknown column.")]},
        )
    index = version.column_names.index(column)
    version.schema[index]["class"] = column_class
    version.schema[index].pop("inherited", None)
    version.save(update_fields=["schema"])
    said = ColumnClassified(
        dataset_id=version.dataset_id, version_id=version.pk, column_index=index, column_class=column_class
    )
    ledger.record(said, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    return version
