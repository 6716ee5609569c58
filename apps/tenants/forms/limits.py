"""Forms of prices, quotas, budgets, and of what usage is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import PRICE_ITEMS
from foundation.figures import month
from foundation.web.editing import EditForm

# As files are shown, and as resource classes are named.
_GB, _MB_IN_GB = 10**9, 1024
WHAT_IS_STORED = _(
    "Counted are dataset versions, files on their way in, feature views, training sets, model versions, files that "
    "MLflow's client logged, logs of runs, logged predictions, reports and archives of the organisation. Logged "
    "predictions only count: whatever the quota, none is refused and none is left out of the log. Not counted are "
    "values online, which lie in memory."
)


class UsageForm(forms.Form):
    """Which month, project and person the page is about; what is not chosen is all of them."""

    month = forms.ChoiceField(label=_("Month"), required=False)
    project = forms.ChoiceField(label=_("Project"), required=False)
    person = forms.ChoiceField(label=_("Person"), required=False)

    def __init__(
        self,
        *args: Any,
        months: Iterable[str],
        projects: Iterable[tuple[UUID, str]],
        people: Iterable[tuple[UUID, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        known = list(months)
        self.fields["month"].choices = [(one, month(one)) for one in known]  # type: ignore[attr-defined]
        self.fields["month"].initial = known[0]
        for name, rows in (("project", projects), ("person", people)):
            choices = [("", _("All")), *((str(pk), label) for pk, label in rows)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]


class _OfProject(EditForm):
    """Limits of the tenant, or of one project."""

    project = forms.ChoiceField(
        label=_("Applies to"),
        required=False,
        help_text=_("A project's limit holds within the tenant's: both have to have room."),
    )

    def __init__(self, *args: Any, projects: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("The whole tenant")), *((str(pk), name) for pk, name in projects)]
        self.fields["project"].choices = choices  # type: ignore[attr-defined]

    @property
    def project_id(self) -> UUID | None:
        chosen = self.cleaned_data.get("project")
        return UUID(chosen) if chosen else None


class QuotaForm(_OfProject):
    """An empty field sets no limit."""

    cpus = forms.DecimalField(
        label=_("CPUs"),
        required=False,
        min_value=0,
        max_digits=8,
        decimal_places=2,
        help_text=_("Empty: no limit. 0: nothing that wants any begins."),
    )
    # As many decimals as a megabyte and a byte have, so that what was set by program is shown and kept exactly.
    memory_gb = forms.DecimalField(
        label=_("Memory in GB"), required=False, min_value=0, max_digits=18, decimal_places=10
    )
    gpus = forms.IntegerField(label=_("GPUs"), required=False, min_value=0, max_value=10_000)
    concurrent_runs = forms.IntegerField(label=_("Runs at a time"), required=False, min_value=0, max_value=100_000)
    storage_gb = forms.DecimalField(
        label=_("Storage in GB"),
        required=False,
        min_value=0,
        max_digits=19,
        decimal_places=9,
        help_text=WHAT_IS_STORED,
    )
    requests_per_second = forms.IntegerField(
        label=_("Requests a second"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        help_text=_("Of all deployments together; what is more is refused with 429, and nothing is queued."),
    )

    def limits(self) -> dict[str, Any]:
        """The words of `services.set_quota`."""
        said = self.cleaned_data
        same = {name: said[name] for name in ("cpus", "gpus", "concurrent_runs", "requests_per_second")}
        memory, storage = said["memory_gb"], said["storage_gb"]
        return {
            **same,
            "memory_mb": None if memory is None else int(memory * _MB_IN_GB),
            "storage_bytes": None if storage is None else int(storage * _GB),
        }

    @staticmethod
    def as_said(project_id: UUID | None, limits: Mapping[str, Decimal | int | None]) -> dict[str, Any]:
        """The fields as they were filled in for these limits: to change one of them alone."""
        memory, storage = limits.get("memory_mb"), limits.get("storage_bytes")
        return {
            **limits,
            "project": str(project_id or ""),
            "memory_gb": None if memory is None else _short(Decimal(memory) / _MB_IN_GB),
            "storage_gb": None if storage is None else _short(Decimal(storage) / _GB),
        }


def _short(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


class BudgetForm(_OfProject):
    soft_limit = forms.DecimalField(
        label=_("Soft limit in AED a month"),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        help_text=_("Administrators are told at 50, 80 and 100 per cent of it."),
    )
    hard_limit = forms.DecimalField(
        label=_("Hard limit in AED a month"),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        help_text=_("From it on no new run and no new replica begins. What runs and serves goes on."),
    )


class PriceForm(forms.Form):
    item = forms.ChoiceField(label=_("Item"), choices=[(name, words[0]) for name, words in PRICE_ITEMS.items()])
    amount = forms.DecimalField(
        label=_("Price in AED"), min_value=0, max_value=Decimal(10**6), max_digits=16, decimal_places=8
    )
    valid_from = forms.DateTimeField(
        label=_("From"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 3600, "dir": "ltr"}),
        help_text=_("A full hour to come, in your time zone. Empty: the next one."),
    )
