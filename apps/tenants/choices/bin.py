"""What can lie in the bin."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BinKind(TextChoices):
    GROUP = "group", _("Group")
    WEBHOOK = "webhook", _("Webhook")
    IDENTITY_PROVIDER = "identity_provider", _("Identity provider")
