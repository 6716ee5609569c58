"""Prices, quotas, budgets and usage over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import selectors, services
from apps.tenants.api import cost_serializers as shapes
from apps.tenants.choices import CURRENCY, UsageBy
from apps.tenants.selectors import budgets, money, prices, quotas, usage
from apps.tenants.selectors import chargeback as bills
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.web.api import PortalViewSet
from foundation.web.pagination import CursorPages

_SEE, _CHANGE = Permission.USAGE_VIEW, Permission.TENANT_MANAGE
_MONTH = OpenApiParameter("month", OpenApiTypes.STR, description="Like 2026-03; without it, the present month.")
_PROJECT = OpenApiParameter("project", OpenApiTypes.STR, description="A project's short name.")
_PERSON = OpenApiParameter("person", OpenApiTypes.UUID, description="A person's or service account's id.")
_BY = OpenApiParameter("by", OpenApiTypes.STR, enum=UsageBy.values, description="What sums are told apart by.")


class _ByHour(CursorPages):
    ordering = ("-hour", "-id")


class UsageViewSet(PortalViewSet):
    """Hourly rows of a month, and their sums."""

    serializer_class = shapes.UsageSerializer
    pagination_class = _ByHour
    permissions = {"list": _SEE, "summary": _SEE, "chargeback": _SEE}

    @extend_schema(parameters=[_MONTH, _PROJECT, _PERSON])
    def list(self, request: Request) -> Response:
        rows = usage.wanted_usage(actor=self.actor, wanted=_wanted(self.actor, request))
        return self.pages(rows, self.serializer_class)

    @extend_schema(parameters=[_MONTH, _PROJECT, _PERSON, _BY], responses=shapes.SummarySerializer)
    @action(detail=False, pagination_class=None)
    def summary(self, request: Request) -> Response:
        """Sums of a month by project, person or model."""
        by = request.query_params.get("by", UsageBy.PROJECT.value)
        if by not in UsageBy.values:
            words = {"by": by[:40], "known": ", ".join(UsageBy.values)}
            sentence = _("Sums are told apart by %(known)s, not by “%(by)s”.") % words
            raise Invalid(sentence, fields={"by": [sentence]})
        wanted = _wanted(self.actor, request)
        lines = usage.lines(actor=self.actor, wanted=wanted, by=UsageBy(by))
        whole = money.total(line.cost for line in lines)
        found = {"month": str(wanted.month), "by": by, "currency": CURRENCY, "lines": lines, "total": whole}
        return self.answer(shapes.SummarySerializer, found)

    @extend_schema(parameters=[_MONTH, _PROJECT, _PERSON], responses=shapes.ChargebackSerializer)
    @action(detail=False, pagination_class=None)
    def chargeback(self, request: Request) -> Response:
        """What each project owes for a month, by item and price."""
        bill = bills.chargeback(actor=self.actor, wanted=_wanted(self.actor, request))
        charges = [charge for project in bill.bills for charge in project.charges]
        found = {"wanted": bill.wanted, "currency": CURRENCY, "charges": charges, "total": bill.total}
        return self.answer(shapes.ChargebackSerializer, found)


class QuotaViewSet(PortalViewSet):
    """The most that the tenant, or a project, uses at a time; posting sets or replaces one."""

    serializer_class = shapes.QuotaSerializer
    pagination_class = None
    permissions = {"list": _SEE, "retrieve": _SEE, "create": _CHANGE, "destroy": _CHANGE}

    @extend_schema(responses=shapes.QuotaSerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(shapes.QuotaSerializer(quotas.quotas(actor=self.actor), many=True).data)

    @extend_schema(request=shapes.QuotaWanted, responses={201: shapes.QuotaSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(shapes.QuotaWanted)
        quota = services.set_quota(actor=self.actor, project_id=_project(self.actor, body.pop("project")), **body)
        return self.answer(shapes.QuotaSerializer, quotas.quota_state(actor=self.actor, quota_id=quota.pk), status=201)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(shapes.QuotaSerializer, quotas.quota_state(actor=self.actor, quota_id=pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.remove_quota(actor=self.actor, quota=quotas.get_quota(actor=self.actor, quota_id=pk))
        return Response(status=204)


class BudgetViewSet(PortalViewSet):
    """What the tenant, or a project, means to spend a month; posting sets or replaces one."""

    serializer_class = shapes.BudgetSerializer
    pagination_class = None
    permissions = {"list": _SEE, "retrieve": _SEE, "create": _CHANGE, "destroy": _CHANGE}

    @extend_schema(responses=shapes.BudgetSerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(shapes.BudgetSerializer(budgets.budgets(actor=self.actor, now=now()), many=True).data)

    @extend_schema(request=shapes.BudgetWanted, responses={201: shapes.BudgetSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(shapes.BudgetWanted)
        budget = services.set_budget(actor=self.actor, project_id=_project(self.actor, body.pop("project")), **body)
        state = budgets.budget_state(actor=self.actor, budget_id=budget.pk, now=now())
        return self.answer(shapes.BudgetSerializer, state, status=201)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        state = budgets.budget_state(actor=self.actor, budget_id=pk, now=now())
        return self.answer(shapes.BudgetSerializer, state)

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.remove_budget(actor=self.actor, budget=budgets.get_budget(actor=self.actor, budget_id=pk))
        return Response(status=204)


class PriceViewSet(PortalViewSet):
    """The price list; posting sets a price from a full hour on, deleting takes back one that does not hold yet."""

    serializer_class = shapes.PriceSerializer
    pagination_class = None
    permissions = {"list": _SEE, "retrieve": _SEE, "create": _CHANGE, "destroy": _CHANGE}

    @extend_schema(responses=shapes.PriceSerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(shapes.PriceSerializer(prices.price_list(actor=self.actor, now=now()), many=True).data)

    @extend_schema(request=shapes.PriceWanted, responses={201: shapes.PriceSetSerializer})
    def create(self, request: Request) -> Response:
        price = services.set_price(actor=self.actor, **self.body(shapes.PriceWanted), now=now())
        return self.answer(shapes.PriceSetSerializer, price, status=201)

    @extend_schema(responses=shapes.PriceSetSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One price that the tenant has set, whether it holds, held or comes."""
        return self.answer(shapes.PriceSetSerializer, prices.get_price(actor=self.actor, price_id=pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.take_back_price(actor=self.actor, price_id=pk, now=now())
        return Response(status=204)


def _wanted(actor: Actor, request: Request) -> usage.Wanted:
    asked: Any = request.query_params
    month = usage.Month.parse(asked["month"]) if asked.get("month") else usage.Month.of(now())
    return usage.Wanted(month, _project(actor, asked.get("project")), _person(asked.get("person")))


def _project(actor: Actor, slug: str | None) -> UUID | None:
    return selectors.project_id_of(actor, slug) if slug else None


def _person(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        sentence = _("A person is named by their id; see the list of members.")
        raise Invalid(sentence, fields={"person": [sentence]}) from None
