from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BroughtSource(TextChoices):
    UPLOAD = "upload", _("Uploaded")
    VAULT = "vault", _("A key in Vault")


class KeyState(TextChoices):
    NEWEST = "newest", _("In use")
    OLDER = "older", _("Opens older things")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DESTROYED = "destroyed", _("Destroyed")
