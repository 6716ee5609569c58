"""What kind of data a column holds: suspected by its name and a sample of its values, said for good by a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import STRICTNESS, SUGGESTED, ColumnClass, Confidence, FoundIn, PersonalKind
from apps.datasets.events import ColumnClassified, ColumnsClassified
from apps.datasets.models import DatasetVersion
from apps.datasets.services.scanning import Finding, Sampled, scan
from foundation import ledger
from foundation.clock import now
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.lake.ports import Column

if TYPE_CHECKING:
    import pyarrow as pa


# So many columns' values become Python's own at a time.
_AT_ONCE = 100


def describe_columns(columns: Sequence[Column], values: Mapping[str, pa.ChunkedArray]) -> list[dict[str, Any]]:
    """The schema as it is kept: name, type, nullable, the class nobody has confirmed yet, and what is suspected.

    `values` are some of each column's, of types that hold something to be scanned; of others the name alone tells.
    """
    found: dict[str, Finding] = {}
    for begin in range(0, len(columns), _AT_ONCE):
        part = columns[begin : begin + _AT_ONCE]
        sampled = [Sampled(c.name, c.type, values[c.name].to_pylist() if c.name in values else []) for c in part]
        found |= scan(sampled, today=now().date())
    return [_described(column, found.get(column.name)) for column in columns]


def _described(column: Column, found: Finding | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "nullable": column.nullable,
        "class": "",
        "suspected": found.kind.value if found else "",
    }
    if found:
        said["finding"] = {
            "share": round(found.share, 4),
            "confidence": found.confidence.value,
            "found_in": found.found_in.value,
        }
    return said


def inherit_classes(version: DatasetVersion) -> None:
    """Take over what people said of columns of the same name and type in the version before; the caller saves.

    A suspicion that is new, and stricter than what was said, stands beside the class as a warning.
    """
    rows = DatasetVersion.objects.filter(dataset_id=version.dataset_id, state__in=selectors.WITH_ROWS)
    before = rows.exclude(pk=version.pk).order_by("-created_at").values_list("schema", flat=True).first() or []
    known = {(column["name"], column["type"]): column for column in before}
    for column in version.schema:
        old = known.get((column["name"], column["type"]))
        if old is None or column.get("class") or not old.get("class"):
            continue
        column["class"], column["inherited"] = old["class"], True
        if old.get("known"):
            column["known"] = True
        if old.get("warning") or _is_new(column, old):
            column["warning"] = column["suspected"]


def suspect_inputs(version: DatasetVersion) -> None:
    """What SQL made of covered columns is suspected: as they are where it has their name; the caller saves.

    Where it cannot be told what a column was made of, it may have been these.
    """
    ids = version.source.get("inputs") or {}
    rows = dict(DatasetVersion.objects.filter(pk__in=list(ids.values())).values_list("pk", "schema"))
    read = {alias: rows.get(UUID(pk), []) for alias, pk in ids.items()}
    covered = {alias: {c["name"]: c for c in schema if selectors.is_covered(c)} for alias, schema in read.items()}
    told = version.source.get("column_sources") or {}
    for column in version.schema:
        if column.get("class") or column.get("suspected"):
            continue
        called = next((found[column["name"]] for found in covered.values() if column["name"] in found), None)
        sources = told.get(column["name"])
        if called is not None:
            kind = called.get("suspected") or PersonalKind.NAME.value
            _suspect(column, kind, FoundIn.NAME)
        elif _comes_from(sources, covered):
            _suspect(column, PersonalKind.NAME.value, FoundIn.SOURCE)


def _suspect(column: dict[str, Any], kind: str, found_in: FoundIn) -> None:
    column["suspected"] = kind
    column["finding"] = {"share": 0.0, "confidence": Confidence.MEDIUM.value, "found_in": found_in.value}


def _comes_from(sources: Sequence[Sequence[str]] | None, covered: Mapping[str, Mapping[str, Any]]) -> bool:
    if sources is None:
        return any(covered.values())
    return any(name in covered.get(alias, {}) for alias, name in sources)


def _is_new(column: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    kind = column.get("suspected")
    if not kind or column["finding"]["confidence"] == Confidence.LOW:
        return False
    if kind == old.get("suspected") and (old.get("finding") or {}).get("confidence") != Confidence.LOW:
        return False  # whoever said it knew
    return STRICTNESS[SUGGESTED[kind]] > STRICTNESS[column["class"]]


@transaction.atomic
def classify_column(*, actor: Actor, version: DatasetVersion, column: str, column_class: str) -> DatasetVersion:
    """A person's word on a column's class."""
    policies.check_can_classify(actor, version)
    version = DatasetVersion.objects.select_for_update().get(pk=version.pk)
    _say(actor, version, {column: column_class})
    version.save(update_fields=["schema"])
    said = ColumnClassified(
        dataset_id=version.dataset_id,
        version_id=version.pk,
        column_index=version.column_names.index(column),
        column_class=column_class,
    )
    ledger.record(said, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    return version


@transaction.atomic
def classify_columns(*, actor: Actor, version: DatasetVersion, classes: Mapping[str, str]) -> DatasetVersion:
    """A person's word on several columns at once: {column: class}."""
    policies.check_can_classify(actor, version)
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=version.pk)
    if not classes:
        raise Invalid(_("Name at least one column."), fields={"classes": [_("None.")]})
    _say(actor, version, classes)
    version.save(update_fields=["schema"])
    names = version.column_names
    for part in _parts([(names.index(name), said) for name, said in classes.items()]):
        event = ColumnsClassified(
            dataset_id=version.dataset_id,
            version_id=version.pk,
            count=len(part),
            classes={str(index): said for index, said in part},
        )
        ledger.record(event, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    return version


def confirm_suggestions(*, actor: Actor, version: DatasetVersion) -> DatasetVersion:
    """Take every suggestion for a column that nobody has classified yet; one that all have been said of stays."""
    policies.check_can_classify(actor, version)
    classes = {one.column: one.column_class.value for one in selectors.suggestions(version)}
    return classify_columns(actor=actor, version=version, classes=classes) if classes else version


def _say(actor: Actor, version: DatasetVersion, classes: Mapping[str, str]) -> None:
    names, clear = {column["name"]: column for column in version.schema}, selectors.may_see_clear(actor, version)
    for name, said in classes.items():
        if said not in ColumnClass.values:
            sentence = _("“%(name)s” is not a class of data.") % {"name": said}
            raise Invalid(sentence, fields={"class": [_("Unknown class.")]})
        if name not in names:
            sentence = _("There is no column “%(name)s” in this version.") % {"name": name}
            raise Invalid(sentence, fields={"column": [_("Unknown column.")]})
        masked = selectors.is_covered(names[name])
        names[name]["class"] = said
        # A person has looked: what was taken over and what was new about it is answered.
        names[name].pop("inherited", None)
        names[name].pop("warning", None)
        if masked and not selectors.is_covered(names[name]):
            # Whoever sees it masked would have the mask fall by saying so.
            policies.check_sees_clear(actor, version)
        if clear:
            names[name].pop("known", None)
        elif not masked and selectors.is_covered(names[name]):
            # Who sees masks saw it in clear until now: their own cover makes nobody unknown to them.
            names[name]["known"] = True


def _parts(pairs: list[tuple[int, str]]) -> Iterable[list[tuple[int, str]]]:
    """An event of the ledger takes a thousand items."""
    return (pairs[begin : begin + 1000] for begin in range(0, len(pairs), 1000))
