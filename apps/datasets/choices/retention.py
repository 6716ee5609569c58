from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class KeptBecause(TextChoices):
    """Why a version stays although others go."""

    NO_LIMIT = "no_limit", _("there is no limit")
    NEWEST = "newest", _("among the newest")
    YOUNG = "young", _("young enough")
    TAGGED = "tagged", _("tagged")
    HELD = "held", _("under legal hold")
    USED = "used", _("something was made of it")
