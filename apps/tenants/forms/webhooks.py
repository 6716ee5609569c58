from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import WebhookShape
from apps.tenants.models import Webhook
from foundation import ledger
from foundation.web.editing import EditForm
from foundation.web.families import EVENT_FAMILIES

_LTR = {"dir": "ltr", "autocapitalize": "none", "spellcheck": "false"}
_ALL, _CHOSEN = "all", "chosen"
SINCE_HOURS = ((1, _("the last hour")), (24, _("the last day")), (168, _("the last week")), (720, _("30 days")))


def _families() -> list[tuple[str, Any]]:
    known = {kind.partition(".")[0] for kind in ledger.declared()}
    named = [(family, EVENT_FAMILIES.get(family, family)) for family in known]
    return sorted(named, key=lambda pair: str(pair[1]))


class WebhookForm(EditForm):
    """Where to, and what is told there. `projects` are those that it may be limited to."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.URLInput(attrs={**_LTR, "placeholder": "https://siem.example.com/sanad"}),
        help_text=_("It receives a POST with JSON for each event, and answers with a status from 200 to 299."),
    )
    description = forms.CharField(
        label=_("Description"), max_length=200, required=False, help_text=_("What listens there, for example “SIEM”.")
    )
    shape = forms.ChoiceField(
        label=_("In which words"), choices=WebhookShape.choices, required=False, initial=WebhookShape.EVENTS
    )
    namespace = forms.CharField(
        label=_("Namespace"),
        max_length=200,
        required=False,
        help_text=_("For OpenLineage: what it calls the place of our jobs and datasets."),
    )
    token = forms.CharField(
        label=_("Token of the receiver"),
        max_length=2000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("For OpenLineage, where it asks for one: sent as a bearer token, sealed here and shown to nobody."),
    )
    which = forms.ChoiceField(
        label=_("It is told of"),
        choices=[(_ALL, _("Everything that the ledger records")), (_CHOSEN, _("Only what is chosen below"))],
        widget=forms.RadioSelect,
        initial=_ALL,
    )
    families = forms.MultipleChoiceField(
        label=_("Everything about"), required=False, choices=_families, widget=forms.CheckboxSelectMultiple
    )
    single = forms.CharField(
        label=_("Single events"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={**_LTR, "rows": 2}),
        help_text=_("Kinds like run.succeeded or token.created, one in a line."),
    )
    project = forms.ChoiceField(label=_("Only in the project"), required=False)

    def __init__(self, data: Any = None, *, projects: list[Any], webhook: Webhook | None = None) -> None:
        super().__init__(data, initial=_said(webhook, projects) if webhook else None)
        if webhook is not None:
            for name in ("shape", "namespace", "token"):
                del self.fields[name]
        self.fields["project"].choices = [("", _("Any project")), *((p.slug, p.name) for p in projects)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("which") == _CHOSEN and not given.get("families") and not (given.get("single") or "").split():
            self.add_error("families", _("Tick or name at least one, or choose everything."))
        return given

    @property
    def shaping(self) -> dict[str, Any]:
        """In which words a new one is told, and what those need."""
        shape = self.cleaned_data.get("shape") or WebhookShape.EVENTS
        return {"shape": shape, **{name: self.cleaned_data.get(name, "") for name in ("namespace", "token")}}

    @property
    def kinds(self) -> list[str]:
        if self.cleaned_data["which"] == _ALL:
            return []
        return [*self.cleaned_data["families"], *self.cleaned_data["single"].split()]


class SinceForm(forms.Form):
    hours = forms.TypedChoiceField(label=_("What failed in"), choices=SINCE_HOURS, coerce=int, initial=24)

    @property
    def span(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])


def _said(webhook: Webhook, projects: list[Any]) -> dict[str, Any]:
    families = {family for family, _label in _families()}
    return {
        "url": webhook.url,
        "description": webhook.description,
        "which": _CHOSEN if webhook.kinds else _ALL,
        "families": [kind for kind in webhook.kinds if kind in families],
        "single": "\n".join(kind for kind in webhook.kinds if kind not in families),
        "project": next((project.slug for project in projects if project.id == webhook.project_id), ""),
    }
