from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RowChangeKind(TextChoices):
    """What became of a row between two versions, told by its key."""

    ADDED = "added", _("Came")
    REMOVED = "removed", _("Went")
    CHANGED = "changed", _("Changed")
