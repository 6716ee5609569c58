"""A house's canary, in every text of it that people write: so whatever leaks says whose it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from foundation.tenancy.row_security import protected_models

if TYPE_CHECKING:
    from tests.isolation.houses import House

# Fields that hold a word of the machine, which a canary would break; every other text field gets one by itself.
MACHINE_WORDS = {
    "actor_kind",
    "engine",
    "challenge",
    "payload",
    "engine_name",
    "issuer",
    "url",
    "event_time",
    "hint",
    "key",
    "language",
    "mlflow_id",
    "mlflow_run_id",
    "object_pk",
    "purpose",
    "queue",
    "recipe",
    "request_id",
    "resource_class",
    "role",
    "signature",
    "sink",
    "slug",
    "stage",
    "state",
    "step",
    "stream",
    "subscriber",
    "time_zone",
    "worker",
}
_MACHINE_ENDINGS = ("kind", "digest", "_key", "_id", "_pem", "sha256", "hash", "_name", "_table", "print", "_type")
# What nobody may change once it stands: the ledger, and what the database's triggers guard.
_STANDS = {"ledger", "jobs", "storage"}


def write_canaries(house: House) -> None:
    """The canary into every text of every row of the house that people write and that may be changed."""
    for model in protected_models():
        if model._meta.app_label in _STANDS:
            continue
        for found in model._meta.concrete_fields:
            if _is_text_of_people(found):
                _write_canary(model, found, house)


def _write_canary(model: Any, found: Any, house: House) -> None:
    for row in model._default_manager.all():
        text = house.canary if not found.unique else f"{house.canary}-{str(row.pk)[:8]}"
        type(row)._default_manager.filter(pk=row.pk).update(**{found.attname: text[: found.max_length]})


def _is_text_of_people(found: Any) -> bool:
    if not isinstance(found, models.CharField | models.TextField) or found.choices or found.primary_key:
        return False
    if isinstance(found, models.SlugField | models.URLField) or (found.max_length or 999) < 50:
        return False
    return found.name not in MACHINE_WORDS and not found.name.endswith(_MACHINE_ENDINGS)
