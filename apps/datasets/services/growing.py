"""Versions made of the one before and of what came: they share a table of the lake, each at a snapshot of its own.

The rows that came lie in a table of the version until they are put to the others in one transaction, which carries the
version's id as its mark. So whoever is killed before or after it is followed by one who sees which it was. Versions of
one dataset that build on each other are made one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.datasets import policies, selectors
from apps.datasets.choices import Mode, VersionState
from apps.datasets.errors import FileRefused
from apps.datasets.models import Dataset, DatasetVersion
from foundation import jobs, lake
from foundation.errors import Conflict, Invalid
from foundation.figures import number
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake import Column, Span, TableAt
from foundation.lake.ports import Lake
from foundation.quoting import identifier
from foundation.words import kept as _
from foundation.words import kept_many as ngettext

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_OPEN = (VersionState.INGESTING, VersionState.REVIEW)
# What a type takes in without loss, besides itself.
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_WIDER = {
    **{type: set(_WHOLE[:place]) for place, type in enumerate(_WHOLE)},
    "HUGEINT": set(_WHOLE),
    "FLOAT": {"TINYINT", "SMALLINT"},
    "DOUBLE": {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT"},
    "TIMESTAMP": {"DATE"},
}
_NUMBERS = frozenset((*_WHOLE, "HUGEINT", "FLOAT", "DOUBLE"))


def grows(version: DatasetVersion) -> bool:
    """Whether the rows that come are put to those of the version before."""
    return version.source.get("mode", Mode.FULL) != Mode.FULL


def check_mode(actor: Actor, dataset: Dataset, mode: str, key: Sequence[str]) -> None:
    """Refuse a way of putting rows to others that lacks what it needs, or would tell what the actor sees masked."""
    if mode not in Mode.values:
        raise Invalid(_("There is no mode “%(name)s”.") % {"name": mode}, fields={"mode": [_("Unknown mode.")]})
    if mode == Mode.UPSERT and not key:
        sentence = _("Say which columns are the key: rows with the same key are replaced.")
        raise Invalid(sentence, fields={"key": [_("Name the key's columns.")]})
    newest = selectors.latest_ready(dataset) if key else None
    unknown = [name for name in key if newest and name not in newest.column_names]
    if unknown:
        sentence = _("%(version)s has no column %(names)s.") % {"version": newest, "names": _listed(unknown)}
        raise Invalid(sentence, fields={"key": [sentence]})
    if newest is not None:
        policies.check_may_match(actor, newest, key)


def why_waits(version: DatasetVersion) -> str:
    """Why its reading may not begin just now; empty where it may."""
    if version.paused_at is not None:
        return _("It is paused; resume it, and it goes on where it stopped.")
    if not grows(version):
        return ""
    rows = DatasetVersion.objects.filter(dataset_id=version.dataset_id, created_at__lt=version.created_at)
    before = rows.filter(state__in=_OPEN).order_by("created_at").first()
    if before is None:
        return ""
    if before.state == VersionState.REVIEW:
        return _("It builds on the version that waits for review; commit or discard that one.")
    return _("It builds on the version that is being read in before it.")


@jobs.on_admission("datasets.ingest")
@jobs.on_admission("datasets.derive")
def _admission(job: Job, take: bool) -> str:
    return why_waits(DatasetVersion.objects.get(pk=job.arguments["version_id"]))


def fix_base(job: JobHandle, version: DatasetVersion) -> DatasetVersion | None:
    """The version that this one builds on, the same one for every attempt; None where it is the first."""
    with job.scope():
        row = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=version.pk)
        if "base" not in row.source:
            newest = selectors.latest_ready(row.dataset)
            row.source = {**row.source, "base": str(newest.pk) if newest else ""}
            row.save(update_fields=["source"])
        version.source = row.source
        pk = row.source["base"]
        return DatasetVersion.objects.select_related("dataset").get(pk=pk) if pk else None


def reading_options(options: dict[str, Any], base: DatasetVersion | None) -> dict[str, Any]:
    """How a file is read so that it fits: text stays text where it looks like numbers, and numbers stay numbers."""
    if base is None:
        return options
    texts = {column["name"]: "text" for column in base.schema if column["type"] == "VARCHAR"}
    numbers = {column["name"]: "number" for column in base.schema if column["type"] in _NUMBERS}
    return {**options, "types": {**texts, **options.get("types", {})}, "like": numbers}


def grown(job: JobHandle, version: DatasetVersion, tables: Lake, rows: TableAt) -> TableAt:
    """Put the rows to those of the version before; Invalid where they do not fit."""
    keys: list[str] = version.source.get("key", [])
    base = fix_base(job, version)
    _check_keys(tables, rows, keys)
    if base is None:
        return rows
    check_fit(tables, rows, base)
    job.progress(_("Putting the rows to those that are there"), 65)
    table = _line(job, version, base, tables, tables.count(rows))
    span = version.source.get("span")
    return tables.merge(
        table,
        rows,
        base=selectors.table_at(base),
        after=base.pk.hex,
        mark=version.pk.hex,
        keys=keys,
        span=Span(**span) if span else None,
    )


def _line(job: JobHandle, version: DatasetVersion, base: DatasetVersion, tables: Lake, came: int) -> str:
    """The table of the version before where nobody has written to it since, or else one of its own."""
    shared = base.lake_table.startswith("dl_") and base.moved_snapshot is None
    last = tables.mark_of(base.lake_table) if shared else ""
    line = base.lake_table if shared and last in {base.pk.hex, version.pk.hex} else f"dl_{version.pk.hex}"
    with job.scope():
        # What becomes of a version that is never made, and of its rows in there, hangs on this.
        row = DatasetVersion.objects.select_for_update().get(pk=version.pk)
        row.source = {**row.source, "line": line, "came": came}
        row.save(update_fields=["source"])
        version.source = row.source
    return line


def check_fit(tables: Lake, rows: TableAt, base: DatasetVersion) -> None:
    """Refuse rows whose columns are not those of the version that they are put to, and say which differ."""
    came = {column.name: column for column in tables.schema(rows)}
    there = {column["name"]: column["type"] for column in base.schema}
    missing, unknown = [name for name in there if name not in came], [name for name in came if name not in there]
    if missing or unknown:
        raise FileRefused(_apart(base, missing, unknown))
    for name, type in there.items():
        if not _fits(tables, rows, came[name], type):
            sentence = _("The column “%(name)s” is %(came)s here and %(there)s in %(version)s. Mend it at its source.")
            raise FileRefused(sentence % {"name": name, "came": came[name].type, "there": type, "version": base})


def _apart(base: DatasetVersion, missing: Sequence[str], unknown: Sequence[str]) -> str:
    parts = []
    if missing:
        parts.append(_("it lacks %(names)s") % {"names": _listed(missing)})
    if unknown:
        parts.append(_("it has %(names)s besides") % {"names": _listed(unknown)})
    words = {"version": base, "what": _(" and ").join(parts)}
    return _("The columns are not those of %(version)s: %(what)s. Read it in as a whole to change them.") % words


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:20])


def _fits(tables: Lake, rows: TableAt, came: Column, type: str) -> bool:
    if came.type == type or came.type in _WIDER.get(type, ()) or came.type == '"NULL"':
        return True
    # A column without any value is read as text.
    sql = f"SELECT count({identifier(came.name)}) AS n FROM r"  # noqa: S608 - quoted
    found = tables.query(sql, {"r": rows}).read_all()
    return found.column("n")[0].as_py() == 0


def _check_keys(tables: Lake, rows: TableAt, keys: Sequence[str]) -> None:
    if not keys:
        return
    known = {column.name for column in tables.schema(rows)}
    for key in keys:
        if key not in known:
            raise FileRefused(_("There is no column “%(name)s”, which is the key.") % {"name": key})
    columns = ", ".join(map(identifier, keys))
    empty = " OR ".join(f"{identifier(key)} IS NULL" for key in keys)
    sql = (
        f"SELECT (SELECT count(*) FROM r WHERE {empty}) AS empty, (SELECT count(*) FROM (SELECT 1 FROM r "  # noqa: S608
        f"WHERE NOT ({empty}) GROUP BY {columns} HAVING count(*) > 1)) AS twice"
    )
    [found] = tables.query(sql, {"r": rows}).read_all().to_pylist()
    words = {"key": _listed(keys)}
    if found["empty"]:
        sentence = ngettext(
            "%(count)s row has no %(key)s, which is the key: it cannot replace another.",
            "%(count)s rows have no %(key)s, which is the key: they cannot replace others.",
            found["empty"],
        )
        raise FileRefused(sentence % {**words, "count": number(found["empty"])})
    if found["twice"]:
        sentence = ngettext(
            "%(count)s value of the key %(key)s stands in several rows: it is not clear which of them counts.",
            "%(count)s values of the key %(key)s stand in several rows: it is not clear which of them counts.",
            found["twice"],
        )
        raise FileRefused(sentence % {**words, "count": number(found["twice"])})


def check_base_is_there(version: DatasetVersion) -> None:
    """Conflict where the version whose rows it takes over was destroyed: the table that both share goes with it.

    Whoever destroys that one holds its row: they come first and are seen here, or see that its table is read.
    """
    if not version.built_on:
        return
    rows = DatasetVersion.objects.select_for_update(of=("self",), no_key=True).select_related("dataset")
    base = rows.get(pk=version.built_on)
    if base.state != VersionState.READY:
        sentence = _("%(base)s, whose rows it takes over, was destroyed meanwhile. Begin again with the newest.")
        raise Conflict(sentence % {"base": base})


def let_go(version: DatasetVersion) -> None:
    """What an unmade version left: its own rows, and the shared table where it was the last to write to it.

    Versions that read that table at a snapshot go on doing so; the next one begins a table of its own.
    """
    tables, line = lake.for_tenant(version.tenant_id), version.source.get("line", "")
    tables.drop(version.own_table)
    if line and tables.mark_of(line) == version.pk.hex:
        tables.drop(line)
