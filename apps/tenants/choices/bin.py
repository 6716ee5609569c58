"""What can lie in the bin."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BinKind(TextChoices):
    GROUP = "group", _("Group")
    WEBHOOK = "webhook", _("Webhook")
    IDENTITY_PROVIDER = "identity_provider", _("Identity provider")
    STREAM = "stream", _("Stream")
    INGESTION = "ingestion", _("Ingestion")
    TRANSFORMATION = "transformation", _("Transformation")
    CONNECTION = "connection", _("Connection")
    FEATURE_VIEW = "feature_view", _("Feature view")
    TRAINING_SET = "training_set", _("Training set")
    FEATURE_SERVICE = "feature_service", _("Feature service")
    ON_DEMAND_VIEW = "on_demand_view", _("On-demand features")


# Their rows stay, marked, since others hang on them; of the other kinds there is only what the bin keeps.
OF_DATA = frozenset(
    {
        BinKind.STREAM,
        BinKind.INGESTION,
        BinKind.TRANSFORMATION,
        BinKind.CONNECTION,
        BinKind.FEATURE_VIEW,
        BinKind.TRAINING_SET,
        BinKind.FEATURE_SERVICE,
        BinKind.ON_DEMAND_VIEW,
    }
)
