from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2 import Column

from apps.tenants import selectors
from apps.tenants.choices import EVERYTHING, PROGRAM_ROLES, ServiceAccountState
from foundation.access import Role
from foundation.clock import now
from foundation.web.cells import name_cell, state_cell
from foundation.web.tables import PortalTable
from foundation.web.templatetags.sanad_format import ago

_NUMBER = {"td": {"class": "s-num"}, "th": {"class": "s-num"}}


class MemberTable(PortalTable):
    title = _("Members")
    also = ("suspended_at",)
    of_people = True
    name = Column(accessor="user__name", verbose_name=_("Name"))
    email = Column(accessor="user__email", verbose_name=_("E-mail"))
    role = Column(verbose_name=_("Role"))
    joined_at = Column(verbose_name=_("Member since"))

    def render_name(self, value: str, record: Any) -> str | SafeString:
        shown = value or record.user.email
        if not self.manages:
            return format_html("<bdi>{}</bdi>", shown)
        url = reverse("tenants:member_edit", args=[self.request.tenant.slug, record.pk])
        return name_cell(shown, url)

    def render_email(self, value: str) -> SafeString:
        return format_html('<bdi dir="ltr">{}</bdi>', value)

    def render_role(self, value: Any, record: Any) -> Any:
        label = Role(record.role).label
        return label if record.suspended_at is None else _("%(role)s, suspended") % {"role": label}

    def render_joined_at(self, value: datetime) -> SafeString:
        return ago(value)

    def __init__(self, *args: Any, manages: bool = False, **kwargs: Any) -> None:
        self.manages = manages
        super().__init__(*args, **kwargs)


class MemberFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search members"), method="search")
    role = django_filters.ChoiceFilter(label=_("Role"), choices=Role.choices, empty_label=_("Any"))

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(user__name__icontains=words) | Q(user__email__icontains=words))


class GroupTable(PortalTable):
    title = _("Groups")
    name = Column(verbose_name=_("Name"))
    people = Column(verbose_name=_("People"), attrs=_NUMBER)
    projects = Column(verbose_name=_("Projects"), attrs=_NUMBER)
    description = Column(verbose_name=_("Description"), default="–", orderable=False)

    def render_name(self, value: str, record: Any) -> str:
        url = reverse("tenants:group_detail", args=[self.request.tenant.slug, record.pk])
        return name_cell(value, url)

    def render_description(self, value: str) -> SafeString:
        return format_html("<bdi>{}</bdi>", value)


class GroupFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search groups"), field_name="name", lookup_expr="icontains")


class ServiceAccountTable(PortalTable):
    title = _("Service accounts")
    name = Column(verbose_name=_("Name"))
    role = Column(verbose_name=_("Role"))
    created_at = Column(verbose_name=_("Made"))
    state = Column(accessor="disabled_at", verbose_name=_("State"), empty_values=())

    def export_state(self, record: Any) -> ServiceAccountState:
        return ServiceAccountState.of(record)

    def render_name(self, value: str, record: Any) -> str:
        url = reverse("tenants:service_account_detail", args=[self.request.tenant.slug, record.pk])
        return name_cell(value, url)

    def render_role(self, value: str) -> Any:
        return Role(value).label

    def render_created_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_state(self, record: Any) -> str:
        state = ServiceAccountState.of(record)
        return state_cell(state.value, state.label)


class ServiceAccountFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search service accounts"), field_name="name", lookup_expr="icontains")
    role = django_filters.ChoiceFilter(
        label=_("Role"), choices=[(role.value, role.label) for role in PROGRAM_ROLES], empty_label=_("Any")
    )


class TokenTable(PortalTable):
    title = _("Tokens")
    also = ("hint", "created_at", "last_used_from", "revoked_at")
    name = Column(verbose_name=_("Name"))
    owner = Column(accessor="user__name", verbose_name=_("Owner"), empty_values=())
    may = Column(accessor="scopes", verbose_name=_("It may"), orderable=False)
    project = Column(accessor="project_id", verbose_name=_("Project"), orderable=False, empty_values=())
    networks = Column(verbose_name=_("From"), orderable=False, empty_values=())
    last_used_at = Column(verbose_name=_("Last used"), empty_values=())
    expires_at = Column(verbose_name=_("Expires"), default="–")
    state = Column(accessor="pk", verbose_name=_("State"), orderable=False)
    revoke = Column(accessor="pk", verbose_name="", orderable=False, exclude_from_export=True)

    def __init__(self, *args: Any, projects: dict[Any, str], **kwargs: Any) -> None:
        self.projects, self.moment = projects, now()
        super().__init__(*args, **kwargs)

    def export_owner(self, record: Any) -> Any:
        return record.user or record.service_account

    def export_project(self, record: Any) -> Any:
        return self.projects.get(record.project_id, record.project_id)

    def export_state(self, record: Any) -> Any:
        return selectors.token_state(record, now=self.moment)

    def render_name(self, value: str, record: Any) -> SafeString:
        return format_html('<bdi>{}</bdi> <code class="s-faint" dir="ltr">{}…</code>', value, record.hint)

    def render_owner(self, record: Any) -> SafeString:
        if record.user is not None:
            return format_html("<bdi>{}</bdi>", record.user)
        url = reverse("tenants:service_account_detail", args=[self.request.tenant.slug, record.service_account_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, record.service_account)

    def render_may(self, value: list[str]) -> str | SafeString:
        if EVERYTHING in value:
            return str(_("everything its owner may"))
        return format_html('<bdi dir="ltr" title="{}">{}</bdi>', " ".join(value), _short(value))

    def render_networks(self, value: list[str]) -> str | SafeString:
        if not value:
            return str(_("everywhere"))
        return format_html('<bdi dir="ltr" title="{}">{}</bdi>', " ".join(value), _short(value))

    def render_project(self, value: Any) -> str | SafeString:
        return format_html("<bdi>{}</bdi>", self.projects.get(value, "–")) if value else str(_("any"))

    def render_last_used_at(self, value: datetime | None, record: Any) -> str | SafeString:
        if value is None:
            return str(_("never"))
        return format_html('{} <bdi class="s-faint" dir="ltr">{}</bdi>', ago(value), record.last_used_from or "")

    def render_expires_at(self, value: datetime) -> SafeString:
        return ago(value)

    def render_state(self, record: Any) -> str:
        state = selectors.token_state(record, now=self.moment)
        return state_cell(state.value, state.label)

    def render_revoke(self, record: Any) -> str:
        if record.revoked_at is not None:
            return ""
        return render_to_string("tenants/partials/token_revoke.html", {"token": record}, request=self.request)


class TokenFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search tokens"), method="search")

    def search(self, rows: QuerySet[Any], _name: str, words: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=words) | Q(user__name__icontains=words))


def _short(scopes: list[str]) -> str:
    return " ".join(scopes) if len(scopes) <= 2 else f"{scopes[0]} … ({len(scopes)})"
