"""What the data pages show of a version: its columns, its tabs, what happened, how programs reach it."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.datasets import selectors
from apps.datasets.choices import ColumnClass, PersonalKind
from apps.datasets.services import CHUNK_BYTES
from apps.datasets.views.things import address
from apps.tenants import selectors as tenants
from foundation.ledger import RecordedEvent
from foundation.web.history import history
from foundation.web.requests import PortalRequest
from foundation.web.templatetags.sanad_format import ago, number


def columns_of(request: PortalRequest, version: Any) -> list[dict[str, Any]]:
    """Each column as one row of the profile: type, missing, range, spread, class and suspicion."""
    known = selectors.profile_for(request.actor, version)
    profiles = {column["name"]: column for column in known.get("columns", [])}
    return [_column(i, c, profiles.get(c["name"], {}), version.row_count or 0) for i, c in enumerate(version.schema)]


def _column(index: int, column: dict[str, Any], profile: dict[str, Any], rows: int) -> dict[str, Any]:
    suspected, chosen = column.get("suspected", ""), column.get("class", "")
    suggestion, warning = selectors.suggestion_for(column), column.get("warning", "")
    return {
        "index": index,
        "name": column["name"],
        "type": column["type"].lower(),
        "class": chosen,
        "class_label": ColumnClass(chosen).label if chosen else "",
        "suspected": PersonalKind(suspected).label if suspected else "",
        "reason": selectors.reason_for(column),
        "inherited": column.get("inherited", False),
        "warning": PersonalKind(warning).label if warning else "",
        "suggested": suggestion.column_class.value,
        "suggested_label": suggestion.column_class.label,
        "missing": profile.get("nulls", 0),
        "missing_share": profile.get("nulls", 0) / rows if rows else 0.0,
        "distinct": profile.get("distinct"),
        "histogram": spread_of(profile),
        "range": range_of(profile),
        "masked": profile.get("masked", False),
    }


def spread_of(profile: dict[str, Any]) -> dict[str, Any]:
    """A small histogram: bins of numbers and times, else the most frequent values."""
    histogram = profile.get("histogram") or {}
    if len(histogram.get("counts") or []) > 1:
        return histogram
    top = profile.get("top") or []
    return {"categories": [t["value"] for t in top], "counts": [t["count"] for t in top]}


def range_of(profile: dict[str, Any]) -> str:
    """From where to where the values go; of text the most frequent value."""
    low: Any = profile.get("min")
    high: Any = profile.get("max")
    if low is None:
        top = profile.get("top") or []
        return str(top[0]["value"])[:40] if top else ""
    if isinstance(low, str):
        return f"{low[:10]} – {str(high)[:10]}"
    return _short(low) if low == high else f"{_short(low)} – {_short(high)}"


def _short(value: float) -> str:
    """A number without idle zeros: 10.940 → 10.94, 100.0 → 100."""
    shown = number(value)
    return shown.rstrip("0").rstrip(".") if "." in shown and "e" not in shown else shown


def tabs(here: str, shown: str, named: list[tuple[str, str, Any]]) -> list[dict[str, Any]]:
    """Tabs whose address is the page with ?tab=…; the first has none."""
    first = named[0][0]
    return [
        {"label": label, "url": here if key == first else f"{here}?tab={key}", "current": key == shown, "count": count}
        for key, label, count in named
    ]


def activity(request: PortalRequest, *versions: Any, dataset: Any = None) -> list[dict[str, Any]]:
    """What happened to these versions, and to the dataset where it is given."""
    known = {version.pk: version for version in versions}
    subjects = [("dataset_version", pk) for pk in known] + ([("dataset", dataset.pk)] if dataset else [])

    names = {str(tag.pk): tag.name for version in versions for tag in version.dataset.tags.all()}

    def more(event: RecordedEvent) -> str:
        if tag := names.get(event.payload.get("tag_id", "")):
            return tag
        version = known.get(event.subject[1])
        index = event.payload.get("column_index")
        if version is None or index is None or index >= len(version.schema):
            return ""
        return f"{version.schema[index]['name']}: {ColumnClass(event.payload['column_class']).label}"

    return history(request.actor, *subjects, names=tenants.names_of, more=more)


def push_snippets(request: PortalRequest, dataset: Any = None) -> list[dict[str, str]]:
    """How programs add data, with the reader's own address and project; a neutral name where no dataset is meant."""
    url, project = settings.SANAD_PUBLIC_URL, request.project.slug
    name, file = (dataset.name, f"{dataset.slug}.csv") if dataset else ("my_table", "my_table.csv")
    python = (
        "from sanad import Client\n\n"
        f'client = Client("{url}", token="snd_…", project="{project}")\n'
        f"version = client.datasets.push({json.dumps(file)}, name={json.dumps(name, ensure_ascii=False)})"
    )
    cli = (
        f"sanad login --url {url} --token snd_…\n"
        f"sanad --project {project} dataset push {file} --name {shlex.quote(name)}"
    )
    curl = _pieces(url, project, file) + _last_step(project, dataset)
    return [{"name": "CLI", "code": cli}, {"name": "Python", "code": python}, {"name": "curl", "code": curl}]


def _pieces(url: str, project: str, file: str) -> str:
    """A file of any size: the front door takes one piece at a time, and each answer says where the next begins."""
    return (
        f"API={url}/api/v1; AUTH='Authorization: Bearer snd_…'; JSON='Content-Type: application/json'; FILE={file}\n"
        f'UPLOAD=$(curl -s $API/uploads/ -H "$AUTH" -H "$JSON" -d "{{\\"project\\": \\"{project}\\", '
        '\\"filename\\": \\"$FILE\\", \\"size\\": $(stat -c %s $FILE)}" | jq -r .id)\n'
        f"SENT=0\nwhile [ $SENT -lt $(stat -c %s $FILE) ]; do\n"
        f"  SENT=$(tail -c +$((SENT + 1)) $FILE | head -c {CHUNK_BYTES} | curl -s -X PUT $API/uploads/$UPLOAD/ "
        '-H "$AUTH" \\\n    -H "Upload-Offset: $SENT" --data-binary @- | jq .offset)\ndone\n'
        'curl -X POST $API/uploads/$UPLOAD/complete/ -H "$AUTH"\n'
    )


def _last_step(project: str, dataset: Any) -> str:
    """The file becomes a version; without a review it is committed as soon as it is read, as by the client."""
    where = f"datasets/{dataset.pk}/versions/" if dataset else "datasets/"
    named = "" if dataset else f'\\"project\\": \\"{project}\\", \\"name\\": \\"my_table\\", '
    return f'curl $API/{where} -H "$AUTH" -H "$JSON" -d "{{{named}\\"upload\\": \\"$UPLOAD\\", \\"review\\": false}}"'


def read_snippets(request: PortalRequest, version: Any) -> list[dict[str, str]]:
    """How programs read this version's rows."""
    url, project, pk = settings.SANAD_PUBLIC_URL, request.project.slug, version.pk
    python = (
        "import pandas\nfrom sanad import Client\n\n"
        f'client = Client("{url}", token="snd_…", project="{project}")\n'
        f'rows = pandas.read_parquet(client.datasets.download("{pk}", "rows.parquet"))'
    )
    curl = f"curl -H 'Authorization: Bearer snd_…' -o rows.parquet \\\n  {url}/api/v1/dataset-versions/{pk}/export/"
    cli = f"sanad --project {project} dataset get {pk} rows.parquet"
    return [{"name": "CLI", "code": cli}, {"name": "Python", "code": python}, {"name": "curl", "code": curl}]


def facts(request: PortalRequest, version: Any) -> list[dict[str, Any]]:
    """Where the version comes from and how it is told from others."""
    source, hides = version.source, selectors.hides_digests(request.actor, version)
    digest = _("Only for whoever sees personal values in clear") if hides else version.digest
    found: list[dict[str, Any]] = [{"term": _("Digest of the rows"), "value": digest, "digest": not hides}]
    if source.get("kind") == "upload":
        found += [
            {"term": _("File"), "value": source.get("filename", "")},
        ]
        if not hides:
            found.append({"term": _("SHA-256 of the file"), "value": source.get("sha256", ""), "digest": True})
    if source.get("kind") == "rollback":
        rows = selectors.visible_versions(actor=request.actor).filter(pk=source["of"])
        url = address(request, "version_detail", source["of"])
        found += [{"term": _("Brought back"), "value": str(old), "url": url} for old in rows]
    if source.get("kind") == "connection":
        found += [
            {"term": _("Connection"), "value": source["name"]},
            {"term": _("Read there"), "value": source["place"]},
        ]
    found += [
        {"term": _("Lake snapshot"), "value": version.lake_snapshot},
        {"term": _("Added by"), "value": str(version.created_by or "")},
    ]
    return found


def tombstone(request: PortalRequest, version: Any) -> list[dict[str, Any]]:
    """What stays on record of a version that was destroyed."""
    columns = ", ".join(f"{column['name']} ({column['type']})" for column in version.schema)
    return [
        {"term": _("Rows"), "value": number(version.row_count or 0)},
        {"term": _("Columns"), "value": columns},
        *(fact for fact in facts(request, version) if fact["value"]),
        {"term": _("Destroyed by"), "value": str(version.destroyed_by or "")},
        {"term": _("Destroyed"), "value": ago(version.destroyed_at)},
    ]


def sql_inputs(request: PortalRequest, version: Any) -> list[dict[str, Any]]:
    """The versions that a derived version was made from, under the names of its SQL."""
    named = version.source.get("inputs", {})
    rows = {str(v.pk): v for v in selectors.visible_versions(actor=request.actor).filter(pk__in=list(named.values()))}
    return [
        {"term": alias, "value": str(rows[pk]), "url": address(request, "version_detail", pk)}
        for alias, pk in named.items()
        if pk in rows
    ]
