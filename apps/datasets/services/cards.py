"""The card of a dataset: what people say of it, in editions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.datasets import policies, selectors
from apps.datasets.choices import ColumnClass, ReportOutcome, ResultState
from apps.datasets.models import Dataset
from apps.datasets.selectors import CardFacts
from apps.datasets.services.datasets import edit_dataset
from foundation import figures
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.web import editions
from foundation.web.lineage import Node

# So many names stand in one fact; of more it is said how many.
_MOST_NAMES = 12


@transaction.atomic
def restore_card(*, actor: Actor, dataset: Dataset, number: int, why: str = "") -> Dataset:
    """The text of an earlier edition counts again, as a new one. Conflict where it counts already."""
    policies.check_can_edit(actor, dataset)
    locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
    found = editions.edition(selectors.about_card(locked), number)
    if found.text == locked.description:
        raise Conflict(_("The text of edition %(number)d counts already.") % {"number": number})
    return edit_dataset(
        actor=actor,
        dataset=locked,
        description=found.text,
        freshness_promise=locked.freshness_promise,
        why=why,
        restores=number,
    )


def card_as_markdown(*, actor: Actor, dataset: Dataset, now: datetime) -> str:
    """The card as a file: what people say first, then each fact with what proves it, marked as such."""
    found = selectors.card_facts(actor=actor, dataset=dataset, now=now)
    rows = [(row["term"], row["value"], row["evidence"]) for row in facts_in_words(dataset, found)]
    table = "\n".join("| {} |".format(" | ".join(_cell(part) for part in row)) for row in rows)
    head = f"| {_('Fact')} | {_('Value')} | {_('Evidence')} |\n|---|---|---|"
    said = dataset.description.strip() or _("Nobody has said yet what the rows mean.")
    known = _("Filled from evidence on %(day)s") % {"day": now.date().isoformat()}
    return f"# {dataset.name}\n\n{said}\n\n## {known}\n\n{head}\n{table}\n"


def facts_in_words(dataset: Dataset, found: CardFacts) -> list[dict[str, Any]]:
    """Name, term, value and evidence of each fact, in the reader's language; what is not known is left out."""
    rows: list[tuple[str, str, str | list[str], str]] = [
        ("freshness", _("Freshness"), _freshness(dataset, found), _("the time of its newest version"))
    ]
    if found.version is None:
        return [_row(*row) for row in rows]
    of = _("version %(number)s") % {"number": found.version.number}
    rows = [
        (
            "rows",
            _("Rows"),
            figures.number(found.version.row_count or 0),
            _("counted in %(version)s") % {"version": of},
        ),
        ("columns", _("Columns"), _columns(found), _("the schema of %(version)s") % {"version": of}),
        (
            "classes",
            _("Sensitivity"),
            _classes(found),
            _("the classes of %(version)s, as people gave them") % {"version": of},
        ),
        ("digest", _("Digest of the rows"), found.version.digest, of),
        ("sources", _("Made from"), _named(found.sources), _("its lineage")),
        ("expectations", _("Expectations"), *_verdict(found, of)),
        *rows,
        ("consumers", _("Used by"), _named(found.consumers), _("the lineage of all its versions")),
    ]
    return [_row(*row) for row in rows]


def _row(name: str, term: str, said: str | list[str], evidence: str) -> dict[str, Any]:
    """`names` are what a page isolates one by one, since they are of either direction."""
    names = [said] if isinstance(said, str) else said
    return {"name": name, "term": term, "value": ", ".join(names), "names": names, "evidence": evidence}


def _columns(found: CardFacts) -> str:
    names = _shortened([column["name"] for column in found.columns])
    return f"{figures.number(len(found.columns))}: {', '.join(names)}"


def _shortened(names: list[str]) -> list[str]:
    more = len(names) - _MOST_NAMES
    if more <= 0:
        return names
    return [*names[:_MOST_NAMES], ngettext("one more", "%(n)s more", more) % {"n": figures.number(more)}]


def _classes(found: CardFacts) -> list[str]:
    said = [
        f"{one.label} {figures.number(found.classes[one.value])}"
        for one in reversed(ColumnClass)
        if found.classes.get(one.value)
    ]
    open_ones = found.classes.get("", 0)
    if open_ones:
        unsaid = ngettext("one without a class", "%(n)s without a class", open_ones)
        said.append(unsaid % {"n": figures.number(open_ones)})
    return said


def _named(nodes: list[Node]) -> list[str]:
    """The names of the things, those that the reader may not see as their number."""
    seen = [str(node.name) for node in nodes if not node.hidden]
    hidden = len(nodes) - len(seen)
    names = _shortened(seen)
    if hidden:
        said = ngettext("one that you may not see", "%(n)s that you may not see", hidden)
        names = [*names, said % {"n": figures.number(hidden)}]
    return names or [_("nothing yet")]


def _verdict(found: CardFacts, of: str) -> tuple[str, str]:
    report = found.report
    if report is None:
        return _("none are set"), of
    failed = sum(one["state"] != ResultState.PASSED for one in report.results)
    said = str(ReportOutcome(report.outcome).label)
    if failed:
        told = {"said": said, "failed": failed, "all": len(report.results)}
        said = _("%(said)s: %(failed)d of %(all)d not met") % told
    told = {"version": of, "suite": report.suite.number, "digest": report.digest[:16]}
    return said, _("the report on %(version)s, expectations %(suite)d, digest %(digest)s") % told


def _freshness(dataset: Dataset, found: CardFacts) -> str:
    words = {
        "fresh": _("fresh"),
        "stale": _("stale"),
        "unpromised": _("nothing is promised"),
        "empty": _("there is no version yet"),
    }
    return words[found.freshness]


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
