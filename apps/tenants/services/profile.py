"""What people say of themselves; it is theirs, so it is on nobody's ledger."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants.choices import Notice
from apps.tenants.events import PasswordChanged
from apps.tenants.services.security import record_of_person, tell
from foundation.errors import Invalid
from foundation.identity.models import User
from foundation.identity.names import visible


def edit_profile(*, user: User, name: str, language: str, theme: str, time_zone: str, calendar: str) -> User:
    if not (shown := visible(name)):
        raise Invalid(_("A name is missing."), fields={"name": [_("Fill this in.")]})
    if time_zone not in available_timezones():
        sentence = _("There is no time zone “%(zone)s”.") % {"zone": time_zone}
        raise Invalid(sentence, fields={"time_zone": [sentence]})
    choices = ((language, User.Language), (theme, User.Theme), (calendar, User.Calendar))
    if any(chosen not in offered.values for chosen, offered in choices):
        raise Invalid(_("Choose language, theme and calendar from the lists."))
    user.name, user.language, user.theme = shown, language, theme
    user.time_zone, user.calendar = time_zone, calendar
    user.save(update_fields=["name", "language", "theme", "time_zone", "calendar"])
    return user


def change_password(*, user: User, old: str, new: str) -> User:
    """Give the person another password; every other session of theirs ends with the old one."""
    if not user.check_password(old):
        raise Invalid(_("The present password is wrong."), fields={"old": [_("This is not your present password.")]})
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), fields={"new": list(error.messages)}) from error
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        record_of_person(user, lambda ids: PasswordChanged(**ids))
        tell(user, Notice.PASSWORD_CHANGED)
    return user
