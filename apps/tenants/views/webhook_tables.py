from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import django_filters
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.tenants.choices import DeliveryState, WebhookState
from foundation.web.cells import name_cell, state_cell
from foundation.web.families import EVENT_FAMILIES
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago, duration, number

_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class WebhookTable(PortalTable):
    title = _("Webhooks")
    name = Column(accessor="description", verbose_name=_("Webhook"), empty_values=())
    kinds = Column(verbose_name=_("It is told of"), orderable=False, empty_values=())
    waiting = Column(verbose_name=_("To be sent"), attrs=_NUMBER)
    failed = Column(verbose_name=_("Failed"), attrs=_NUMBER)
    state = Column(verbose_name=_("State"))
    created_at = Column(verbose_name=_("Made"))

    def export_name(self, record: Any) -> str:
        return str(record)

    def render_name(self, record: Any) -> SafeString:
        url = reverse("tenants:webhook_detail", args=[self.request.tenant.slug, record.pk])
        shown = name_cell(str(record), url)
        if not record.description:
            return SafeString(shown)
        return format_html('{} <bdi class="s-faint" dir="ltr">{}</bdi>', SafeString(shown), record.host)

    def render_kinds(self, record: Any) -> str:
        return told_of(record.kinds)

    def render_waiting(self, value: int) -> str:
        return number(value)

    def render_failed(self, value: int) -> str:
        return number(value)

    def render_state(self, record: Any) -> str:
        return state_cell(record.state, record.get_state_display())

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)


class WebhookFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search webhooks"), field_name="description", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(label=_("State"), choices=WebhookState.choices, empty_label=_("Any"))


class DeliveryTable(PortalTable):
    title = _("Deliveries")
    always = ("kind",)
    kind = Column(verbose_name=_("Event"))
    created_at = Column(verbose_name=_("Recorded"))
    state = Column(verbose_name=_("State"))
    status = Column(accessor="pk", verbose_name=_("Answer"), orderable=False)
    took = Column(accessor="pk", verbose_name=_("Took"), orderable=False, attrs=_NUMBER)
    attempts = Column(accessor="pk", verbose_name=_("Attempts"), orderable=False, attrs=_NUMBER)

    def export_status(self, record: Any) -> int | None:
        last = next(iter(record.attempts.all()), None)
        return last.status if last else None

    def export_took(self, record: Any) -> float | None:
        last = next(iter(record.attempts.all()), None)
        return float(last.seconds) if last else None

    def export_attempts(self, record: Any) -> int:
        return len(record.attempts.all())

    def render_kind(self, value: str, record: Any) -> str:
        url = reverse("tenants:webhook_delivery", args=[self.request.tenant.slug, record.webhook_id, record.pk])
        return name_cell(value, url)

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_state(self, record: Any) -> str:
        return state_cell(record.state, record.get_state_display())

    def render_status(self, record: Any) -> str | SafeString:
        last = next(iter(record.attempts.all()), None)
        if last is None:
            return "–"
        return str(last.status) if last.status else format_html('<span title="{}">{}</span>', last.problem, _("none"))

    def render_took(self, record: Any) -> str:
        last = next(iter(record.attempts.all()), None)
        return str(duration(last.seconds)) if last else "–"

    def render_attempts(self, record: Any) -> str:
        return number(len(record.attempts.all()))


class DeliveryFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search events"), field_name="kind", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(label=_("State"), choices=DeliveryState.choices, empty_label=_("Any"))


def told_of(kinds: list[str]) -> str:
    """The families and kinds of a webhook in words."""
    if not kinds:
        return str(_("everything"))
    return ", ".join(str(EVENT_FAMILIES.get(kind, kind)) for kind in kinds)


def readable(payload: str) -> str:
    """The payload as people read JSON; what was sent has neither line breaks nor spaces."""
    return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
