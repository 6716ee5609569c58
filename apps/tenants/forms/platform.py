"""Forms of the platform's operators, and of tenants that let them in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import LONGEST_SUPPORT
from apps.tenants.forms import zones_field
from foundation.access import Role
from foundation.identity.models import User
from foundation.tenancy.choices import Plan

_LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}


class NewTenantForm(forms.Form):
    name = forms.CharField(label=_("Organisation"), max_length=200, widget=forms.TextInput())
    name_ar = forms.CharField(
        label=_("Its name in Arabic"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "rtl", "lang": "ar"}),
    )
    slug = forms.CharField(
        label=_("Short name"),
        max_length=63,
        widget=forms.TextInput(attrs={**_LTR, "data-slug-of": "id_name"}),
        help_text=_("Small letters, digits and -. It stands in every address and stays."),
    )
    plan = forms.ChoiceField(
        label=_("Plan"), choices=Plan.choices, initial=Plan.SMB, help_text=_("It sets the first quotas.")
    )
    zones = zones_field()
    email = forms.EmailField(
        label=_("E-mail of its first administrator"), widget=forms.EmailInput(attrs={**_LTR, "autocomplete": "off"})
    )


class PlanForm(forms.Form):
    plan = forms.ChoiceField(label=_("Plan"), choices=Plan.choices)


class SupportForm(forms.Form):
    level = forms.ChoiceField(
        label=_("As"),
        choices=[(role.value, role.label) for role in (Role.VIEWER, Role.ADMIN)],
        help_text=_(
            "A viewer reads. An administrator configures as well, but manages no members, makes no tokens, decides "
            "no approvals and touches neither sign-in nor keys."
        ),
    )
    hours = forms.IntegerField(
        label=_("For hours"), min_value=1, max_value=LONGEST_SUPPORT, initial=4, help_text=_("72 at most.")
    )
    reason = forms.CharField(label=_("What for"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class SupportGivenForm(SupportForm):
    """Granted without being asked, to one of the platform's operators."""

    operator = forms.ChoiceField(label=_("Operator"))
    field_order = ("operator", "level", "hours", "reason")

    def __init__(self, data: Any = None, *, operators: list[User]) -> None:
        super().__init__(data)
        self.fields["operator"].choices = [(str(user.pk), str(user)) for user in operators]  # type: ignore[attr-defined]


class NameTypedForm(forms.Form):
    """What is not undone asks for the short name, typed."""

    confirmation = forms.CharField(
        label=_("The organisation's short name"),
        max_length=63,
        widget=forms.TextInput(attrs={**_LTR, "autocomplete": "off"}),
    )
