"""Values as readers see them who may not see personal data in clear: one place for every door.

A mask keeps what people need to tell values apart by their shape (`a•••@•••.ae`, the last four signs of a card), and
nothing of values that are few or mean something by themselves: of those stays that there is one. What a column is
called decides nothing here; its class does, and where nobody has classified it, what the scanners suspect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.datasets.choices import STRICTNESS, SUGGESTED, ColumnClass, Confidence, PersonalKind, VersionState
from apps.datasets.models import Dataset, DatasetVersion
from foundation import access
from foundation.access import Permission
from foundation.identity import Actor
from runtime.masks import HIDDEN, MASKS, Mask, hidden

if TYPE_CHECKING:
    import pyarrow as pa

Masks = Mapping[str, Mask]
_COVERED = frozenset({ColumnClass.PERSONAL, ColumnClass.SENSITIVE})
# By their words in `runtime.masks`. Signs at the end stay of kinds that are long and nearly always different.
_OF_KIND: dict[str, str] = {
    PersonalKind.EMAIL: "email",
    PersonalKind.CARD: "last-4",
    PersonalKind.IBAN: "last-4",
    PersonalKind.PHONE: "last-2",
    PersonalKind.EMIRATES_ID: "covered",
    PersonalKind.PASSPORT: "covered",
    PersonalKind.TAX_ID: "covered",
}


def effective_class(column: Mapping[str, Any]) -> str:
    """What people said of the column; before they did, or where it is doubted, what is suspected with certainty."""
    said, kind = column.get("class") or "", column.get("suspected") or ""
    if (new := column.get("warning")) and column.get("inherited"):
        # What was said was said of other values: until somebody answers, the stricter of the two holds.
        return max(said, SUGGESTED[new].value, key=lambda one: STRICTNESS[one])
    if said or not kind:
        return said
    sure = (column.get("finding") or {}).get("confidence", Confidence.MEDIUM) != Confidence.LOW
    return SUGGESTED[kind].value if sure else ""


def is_covered(column: Mapping[str, Any]) -> bool:
    """Whether the column's values are personal: clear only for whoever may see them so."""
    return effective_class(column) in _COVERED


def may_be_personal(column: Mapping[str, Any]) -> bool:
    """Whether its values are about people, or are suspected to be, however unsurely, and nobody has answered yet."""
    return is_covered(column) or (not column.get("class") and bool(column.get("suspected")))


def covered_columns(version: DatasetVersion) -> list[str]:
    return [column["name"] for column in version.schema if is_covered(column)]


def may_see_clear(actor: Actor, thing: object) -> bool:
    return access.can(actor, Permission.DATASET_CLEAR, thing)


def masks(actor: Actor, version: DatasetVersion) -> dict[str, Mask]:
    """How each covered column of the version is shown to the actor; none for whoever sees it in clear."""
    if may_see_clear(actor, version):
        return {}
    return covered_masks(version)


def covered_masks(version: DatasetVersion) -> dict[str, Mask]:
    """The masks of the version's covered columns, whoever reads."""
    return {c["name"]: mask_of(c.get("suspected") or "") for c in version.schema if is_covered(c)}


def covered_over(versions: Iterable[DatasetVersion], columns: Sequence[Mapping[str, Any]]) -> dict[str, Mask]:
    """The same of what was made of versions: a column that is called like a covered one is covered.

    Text that is called like no column of theirs was computed, perhaps of what is covered: it is covered as well.
    """
    covered: dict[str, Mask] = {}
    known: set[str] = set()
    for version in versions:
        covered |= covered_masks(version)
        known |= set(version.column_names)
    if not covered:
        return {}
    computed = [c["name"] for c in columns if c["name"] not in known and c["type"].upper().startswith("VARCHAR")]
    return {c["name"]: covered[c["name"]] for c in columns if c["name"] in covered} | dict.fromkeys(computed, hidden)


def mask_of(kind: str) -> Mask:
    """The mask for values of this kind; of an unknown one nothing is shown."""
    return MASKS[_OF_KIND.get(kind, "hidden")]


def guessable(actor: Actor, before: DatasetVersion, after: DatasetVersion) -> set[str]:
    """The columns by which two versions are not compared for the actor: by what they add they could guess at values.

    Whoever can only look compares versions of one dataset by them, since nothing there is of their making.
    """
    covered = {*masks(actor, before), *masks(actor, after)}
    theirs = before.dataset_id != after.dataset_id or access.can(actor, Permission.DATASET_CREATE, after)
    return covered if theirs else set()


def masked_rows(actor: Actor, dataset: Dataset, rows: pa.Table) -> pa.Table:
    """Rows that came for a dataset and are no version yet, as its newest version would be shown.

    A column that no version has yet is covered: nobody has looked at it.
    """
    if may_see_clear(actor, dataset):
        return rows
    newest = dataset.versions.filter(state=VersionState.READY).order_by("-number").first()
    known = newest.column_names if newest else []
    unseen = [name for name in rows.column_names if name not in known]
    covered = {**(masks(actor, newest) if newest else {}), **dict.fromkeys(unseen, hidden)}
    return _masked_rows(rows, covered)


def hidden_rows(rows: pa.Table) -> pa.Table:
    """The same of rows of which no column is known."""
    return _masked_rows(rows, dict.fromkeys(rows.column_names, hidden))


def _masked_rows(rows: pa.Table, covered: Masks) -> pa.Table:
    import pyarrow as pa

    shown = [masked_batch(batch, covered) for batch in rows.to_batches()]
    return pa.Table.from_batches(shown) if shown else rows


def masked_profile(profile: Mapping[str, Any], covered: Masks, *, adds: bool = False) -> dict[str, Any]:
    """A profile without anything that a covered column's values could be told from; counts stay.

    `adds`: the reader can put rows of their own to the others. Then how many values differ, and how often each comes,
    would tell whether one of these was there.
    """
    if not covered:
        return dict(profile)
    columns = [
        _masked(one, covered[one["name"]], adds) if one["name"] in covered else one
        for one in profile.get("columns", [])
    ]
    return {**profile, "columns": columns}


def _masked(column: Mapping[str, Any], mask: Mask, adds: bool) -> dict[str, Any]:
    """Frequent values as far as their mask tells them apart; the rest of what is said of values is left out."""
    told = ("name", "type", "kind", "nulls") if adds else ("name", "type", "kind", "nulls", "distinct", "unique")
    kept = {name: column[name] for name in told if name in column}
    tops = [] if adds or mask is hidden else column.get("top") or []
    shown = [{**top, "value": mask(top["value"])} for top in tops]
    nothing = dict.fromkeys(("min", "max", "mean", "std"))
    return {**kept, **nothing, "quantiles": {}, "histogram": {"edges": [], "counts": []}, "top": shown, "masked": True}


def profile_for(actor: Actor, version: DatasetVersion) -> dict[str, Any]:
    """What is in the version's columns, as the actor may know it."""
    adds = access.can(actor, Permission.DATASET_CREATE, version)
    return masked_profile(version.profile, masks(actor, version), adds=adds)


def hides_digests(actor: Actor, version: DatasetVersion) -> bool:
    """Whether the actor is told no digest of the version's rows, nor of the file they came in.

    A guess at the values of a few rows is tried out against it offline, as often as one likes. On the ledger and in
    reports they stand for everybody who reads those: that is where something is proven by them.
    """
    return not may_see_clear(actor, version) and (not version.schema or bool(covered_columns(version)))


def digest_for(actor: Actor, version: DatasetVersion) -> str:
    """The version's digest, where the actor is told it."""
    return "" if hides_digests(actor, version) else version.digest


def same_rows(actor: Actor, before: DatasetVersion, after: DatasetVersion) -> bool | None:
    """Whether two versions have the same rows; None where the actor could try out guesses at masked values by it."""
    return None if guessable(actor, before, after) else before.digest == after.digest


def masked_batch(batch: pa.RecordBatch, covered: Masks) -> pa.RecordBatch:
    """The batch with covered columns as masked text; each different value is masked once."""
    import pyarrow as pa

    columns, fields = list(batch.columns), list(batch.schema)
    for index, field in enumerate(batch.schema):
        if mask := covered.get(field.name):
            columns[index] = _masked_array(columns[index], mask)
            fields[index] = pa.field(field.name, pa.string())
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _masked_array(values: pa.Array, mask: Mask) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if mask is hidden:
        return pc.if_else(values.is_valid(), pa.scalar(HIDDEN), pa.scalar(None, pa.string()))
    shown = {value: mask(value) for value in values.unique().to_pylist()}
    return pa.array([shown[value] for value in values.to_pylist()], pa.string())
