from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class VersionState(TextChoices):
    INGESTING = "ingesting", _("Ingesting")
    REVIEW = "review", _("In review")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    DISCARDED = "discarded", _("Discarded")
    DESTROYING = "destroying", _("Being destroyed")
    DESTROYED = "destroyed", _("Destroyed")


NEXT: dict[VersionState, frozenset[VersionState]] = {
    VersionState.INGESTING: frozenset({VersionState.REVIEW, VersionState.FAILED, VersionState.CANCELLED}),
    VersionState.REVIEW: frozenset({VersionState.READY, VersionState.DISCARDED, VersionState.DESTROYING}),
    VersionState.READY: frozenset({VersionState.DESTROYING}),
    VersionState.FAILED: frozenset(),
    VersionState.CANCELLED: frozenset(),
    VersionState.DISCARDED: frozenset({VersionState.DESTROYING}),
    VersionState.DESTROYING: frozenset({VersionState.DESTROYED}),
    VersionState.DESTROYED: frozenset(),
}


class ErasureState(TextChoices):
    ERASING = "erasing", _("Being erased")
    ERASED = "erased", _("Erased")
    FAILED = "failed", _("Failed")


ERASURE_NEXT: dict[ErasureState, frozenset[ErasureState]] = {
    ErasureState.ERASING: frozenset({ErasureState.ERASED, ErasureState.FAILED}),
    ErasureState.ERASED: frozenset(),
    # Whoever may says once more whose rows they were, and it goes on where it stopped.
    ErasureState.FAILED: frozenset({ErasureState.ERASING}),
}


class InProjectState(TextChoices):
    """What came of a look, or of the wish to erase, in one of several projects."""

    FOUND = "found", _("Found there")
    BEGUN = "begun", _("Being erased")
    NOWHERE = "nowhere", _("Not there")
    REFUSED = "refused", _("Refused")


class ErasedKind(TextChoices):
    """Where a person was found; runs and models are told to people, who decide about them."""

    DATASET_VERSION = "dataset_version", _("Dataset version")
    FEATURE_VIEW = "feature_view", _("Feature view")
    TRAINING_SET = "training_set", _("Training set")
    INFERENCE_LOG = "inference_log", _("Inference log")
    SET_ASIDE = "set_aside", _("Requests set aside")
    BROKER = "broker", _("Files of the message broker")
    ARCHIVE = "archive", _("Archives of the organisation")
    RUN = "run", _("Run")
    MODEL_VERSION = "model_version", _("Model version")


# They keep what they learned: whether a model is trained anew is for people to say.
LEFT_TO_PEOPLE = frozenset({ErasedKind.RUN, ErasedKind.MODEL_VERSION})


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
    NAME = "name", _("something about a person, by its name")


class FileFormat(TextChoices):
    CSV = "csv", "CSV"
    PARQUET = "parquet", "Parquet"
    JSON_LINES = "jsonl", "JSON Lines"


# What a file's ending says of its format; a zip or gzip is opened and its content looked at again.
FORMAT_OF_ENDING = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".txt": FileFormat.CSV,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
    ".jsonl": FileFormat.JSON_LINES,
    ".ndjson": FileFormat.JSON_LINES,
}
ARCHIVES = frozenset({".zip", ".gz"})
ACCEPTED_ENDINGS = (*FORMAT_OF_ENDING, *sorted(ARCHIVES))
