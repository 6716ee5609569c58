"""What features have to do with the label, for the page of a training set and for its preview."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.features import charts, selectors
from apps.features.choices import Suspicion
from apps.features.views.things import address, training_set_of
from foundation import access
from foundation.access import Permission
from foundation.figures import number, percent
from foundation.web.requests import PortalRequest

Part = dict[str, Any]


@access.page(Permission.FEATURE_VIEW)
@require_GET
def label_chart(request: PortalRequest, tenant: str, project: str, training_set_id: UUID) -> HttpResponse:
    row = training_set_of(request, training_set_id)
    return JsonResponse(charts.foretelling(selectors.report_of(request.actor, row)))


def relations_tab(request: PortalRequest, row: Any) -> Part:
    report = selectors.report_of(request.actor, row)
    return {**related(report), "chart_url": address(request, "label_chart", row.pk)}


def related(report: Part) -> Part:
    """The report as the page shows it: sentences on what is odd first, then a row for each feature."""
    columns = report.get("columns", [])
    strongest = sorted(columns, key=lambda one: one["alone"]["value"] if one["alone"] else -1.0, reverse=True)
    return {
        "report": report,
        "odd": [said for one in strongest for said in suspicions_in_words(one)],
        "related": [_row(one) for one in strongest],
        "masked": sum(one["masked"] for one in columns),
    }


def perfect(report: Part) -> int:
    """How many features foretell the label almost perfectly."""
    return sum(Suspicion.FORETELLS in one["suspicions"] for one in report.get("columns", []))


def suspicions_in_words(one: Part) -> list[str]:
    """A sentence for each, with what to do."""
    values = {"name": one["name"], "missing": percent(one["missing"] or 0)}
    alone = one["alone"]
    values |= {"measure": charts.MEASURES[alone["measure"]], "value": number(alone["value"])} if alone else {}
    said = {
        Suspicion.FORETELLS: _(
            "“%(name)s” alone foretells the label almost perfectly (%(measure)s %(value)s): is it known when the "
            "prediction is made? If not, leave it out."
        ),
        Suspicion.MISSING: _("“%(name)s” is missing in %(missing)s of the rows: a model learns little from it."),
        Suspicion.CONSTANT: _("“%(name)s” is always the same where it is there: leave it out."),
        Suspicion.IDENTIFIER: _("“%(name)s” is different in every row, like an identifier: leave it out."),
    }
    return [said[Suspicion(odd)] % values for odd in one["suspicions"]]


def _row(one: Part) -> Part:
    relation, alone = one["relation"], one["alone"]
    return {
        **one,
        "alone_said": _figure(alone["measure"], alone["value"]) if alone else "",
        "relation_said": _figure(relation["measure"], relation["value"]) if relation else "",
        "spearman": round(relation["spearman"], 3) if relation and relation.get("spearman") is not None else None,
        "odd": [Suspicion(odd).label for odd in one["suspicions"]],
    }


def _figure(measure: str, value: float) -> str:
    """Three decimals tell all that there is to be told; a power of ten would read like a lot."""
    return f"{charts.MEASURES[measure]} {number(round(value, 3))}"
