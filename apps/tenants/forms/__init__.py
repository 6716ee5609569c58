from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from apps.tenants.services.tenants import checked_slug
from foundation.access import Role
from foundation.errors import Invalid
from foundation.identity.models import User
from foundation.tenancy import zones
from foundation.tenancy.choices import Zone
from foundation.web.editing import EditForm
from foundation.web.long_choices import LongChoices

_LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}
_ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


def zones_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Zones allowed"),
        choices=zones.zone_choices,
        widget=LongChoices(
            first=len(Zone),
            more=_("Other countries"),
            find=_("Find a country"),
            none=_("No country of this name."),
        ),
        help_text=_(
            "Where data of the organisation may lie: the three of the United Arab Emirates, each with a data "
            "protection law of its own, and other countries."
        ),
        error_messages={"required": _("Choose at least one zone: the data has to lie somewhere.")},
    )


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={**_LTR, "autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "current-password"}),
    )


class NewPersonForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "new-password"}),
        help_text=_("At least 12 characters, and not one of the well-known passwords."),
    )

    def clean(self) -> dict[str, Any]:
        """A weak password is said beside whatever else is wrong, not after it."""
        given = super().clean() or {}
        if password := given.get("password"):
            person = User(name=given.get("name", ""), email=given.get("email", ""))
            try:
                validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


class SetUpForm(NewPersonForm):
    """The first tenant and its first administrator."""

    tenant_name = forms.CharField(
        label=_("Organisation"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    tenant_name_ar = forms.CharField(
        label=_("Its name in Arabic"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "rtl", "lang": "ar"}),
    )
    slug = forms.CharField(
        label=_("Short name"),
        max_length=63,
        widget=forms.TextInput(attrs={**_LTR, "data-slug-of": "id_tenant_name"}),
        help_text=_("Small letters, digits and -. It stands in every address and stays."),
    )
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Your e-mail"), widget=forms.EmailInput(attrs={**_LTR, "autocomplete": "username"})
    )
    zones = zones_field()
    field_order = ("tenant_name", "tenant_name_ar", "slug", "zones", "name", "email", "password")

    def clean_slug(self) -> str:
        try:
            return checked_slug(self.cleaned_data["slug"])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal


class ProfileForm(EditForm):
    # The buttons in the frame of every page change it too.
    unwatched = ("theme",)
    held_back = _(
        "You saved this in another window or session while you were changing it here. Nothing is lost: save again to "
        "put this in place of that, or open the page anew to keep that."
    )
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), choices=User.Language.choices)
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=_ZONES,
        widget=forms.Select(attrs={"dir": "ltr"}),
        help_text=_("Every time on the pages is shown in it, with UTC behind."),
    )
    calendar = forms.ChoiceField(label=_("Calendar"), choices=User.Calendar.choices)


class PasswordForm(forms.Form):
    old = forms.CharField(
        label=_("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "new-password"}),
        help_text=_("At least 12 characters, and not one of the well-known passwords."),
    )


class NewPasswordForm(forms.Form):
    """A password for whoever has lost the old one."""

    new = forms.CharField(
        label=_("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "new-password", "autofocus": True}),
        help_text=_("At least 12 characters, and not one of the well-known passwords."),
    )


class TenantForm(EditForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    name_ar = forms.CharField(
        label=_("Name in Arabic"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "rtl", "lang": "ar"}),
    )
    zones = zones_field()
    confirmed = forms.BooleanField(label=_("Yes, nothing new is to be uploaded here"), required=False)
    unwatched = ("confirmed",)

    def __init__(self, data: Any = None, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        here = zones.here()
        leaves = data is not None and here in initial["zones"] and here not in data.getlist("zones")
        if not leaves:
            del self.fields["confirmed"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        # Without any zone the field itself says what is wanted.
        if "confirmed" in self.fields and given.get("zones") and not given.get("confirmed"):
            sentence = _(
                "This portal stands in %(zone)s: without that zone nothing new can be uploaded here. Keep it, or "
                "tick this."
            )
            self.add_error("confirmed", sentence % {"zone": zones.zone_name(zones.here())})
        return given


class InvitationForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={**_LTR, "autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.SCIENTIST)


class RoleForm(EditForm):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
