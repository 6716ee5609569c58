from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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
    QUARANTINE = "quarantine", _("Rows in quarantine")
    STREAM = "stream", _("Stream")
    SET_ASIDE = "set_aside", _("Requests set aside")
    BROKER = "broker", _("Files of the message broker")
    ARCHIVE = "archive", _("Archives of the organisation")
    RUN = "run", _("Run")
    MODEL_VERSION = "model_version", _("Model version")
    EXPECTATIONS = "expectations", _("Expectations that name the value")
    SQL_TEXT = "sql_text", _("SQL of a transformation that names the value")
    VERSION_SQL = "version_sql", _("SQL of a version that names the value")
    VIEW_SQL = "view_sql", _("SQL of a feature view that names the value")
    CURSOR = "cursor", _("Place where an ingestion goes on")
    CARD = "card", _("Card of a dataset that names the value")
    SAVED_FILTER = "saved_filter", _("Saved filter that names the value")


# They keep what they learned: whether a model is trained anew is for people to say.
LEARNED = frozenset({ErasedKind.RUN, ErasedKind.MODEL_VERSION})
# Somebody wrote the value down there: what versions were made by is not rewritten behind their backs.
MENTIONS = frozenset(
    {
        ErasedKind.EXPECTATIONS,
        ErasedKind.SQL_TEXT,
        ErasedKind.VERSION_SQL,
        ErasedKind.VIEW_SQL,
        ErasedKind.CURSOR,
        ErasedKind.CARD,
        ErasedKind.SAVED_FILTER,
    }
)
LEFT_TO_PEOPLE = LEARNED | MENTIONS
