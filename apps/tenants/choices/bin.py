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


# Their rows stay, marked, since others hang on them; of the other kinds there is only what the bin keeps.
OF_DATA = frozenset({BinKind.STREAM, BinKind.INGESTION, BinKind.TRANSFORMATION, BinKind.CONNECTION})
