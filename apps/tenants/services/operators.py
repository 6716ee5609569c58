"""Who operates the platform: said where it is started, by nobody in the browser."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants.services.sign_in import end_other_sessions
from foundation.errors import NotFound
from foundation.identity.models import User


@transaction.atomic
def make_operator(*, email: str, operator: bool = True) -> User:
    """Make the person of this address an operator, or one no longer; what they hold as a guest ends with it.

    Sessions end: what was begun before the account operated the platform may have been begun by somebody else.
    """
    found = User.objects.select_for_update().filter(email=email.strip().lower()).first()
    if found is None:
        raise NotFound(_("Nobody has an account with the address %(email)s; invite them first.") % {"email": email})
    found.is_operator = operator
    found.save(update_fields=["is_operator"])
    end_other_sessions(user=found, keep="")
    return found
