"""A version whose columns break the contract is held in review, and whoever builds on the dataset is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets import selectors
from apps.datasets.choices import ColumnClass
from apps.datasets.events import VersionHeld
from apps.datasets.models import Breach, Contract, DatasetVersion
from foundation import ledger
from foundation.identity import Actor
from foundation.web import lineage

_STRICTNESS = {name: place for place, name in enumerate(ColumnClass.values)}
# What is suspected to be about people and was promised as less is a raise until a person says otherwise.
_SUSPECTED = _STRICTNESS[ColumnClass.PERSONAL]


def hold_where_broken(*, actor: Actor, version: DatasetVersion, profile: Mapping[str, Any]) -> Breach | None:
    """The breach of a version that has just been read, where there is one; in the transaction that ends its making.

    Successors of an erasure are not held: their columns are those of the version that they stand for.
    """
    contract = selectors.newest_contract(version.dataset)
    if contract is None or version.source.get("kind") == "erasure" or "instead_of" in version.source:
        return None
    changes = breaking_changes(contract, version, profile)
    if not changes:
        return None
    # Whoever builds on it is named, also where the one who brought the rows may not see all of it.
    consumers = _consumers(Actor.system(version.tenant, "contracts"), version)
    breach, _made = Breach.objects.update_or_create(
        tenant_id=version.tenant_id,
        version=version,
        defaults={
            "project_id": version.project_id,
            "dataset_id": version.dataset_id,
            "contract": contract,
            "changes": changes,
            "consumers": consumers,
        },
    )
    held = VersionHeld(
        dataset_id=version.dataset_id,
        version_id=version.pk,
        contract_id=contract.pk,
        change_count=len(changes),
        consumer_count=len(consumers),
    )
    ledger.record(held, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    return breach


def breaking_changes(contract: Contract, version: DatasetVersion, profile: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Columns that are gone, of another type, with missing values where none were promised, or of a stricter class.

    New columns break nothing.
    """
    columns = {column["name"]: column for column in version.schema}
    nulls = {column["name"]: column.get("nulls") or 0 for column in profile.get("columns", [])}
    found = []
    for promised in contract.schema:
        name = promised["name"]
        column = columns.get(name)
        if column is None:
            found.append(_change("removed", name, promised["type"], ""))
            continue
        if column["type"] != promised["type"]:
            found.append(_change("retyped", name, promised["type"], column["type"]))
        if not promised["nullable"] and nulls.get(name):
            found.append(_change("nullable", name, "", ""))
        if promised["class"] and _strictness(column) > _STRICTNESS[promised["class"]]:
            found.append(_change("class", name, promised["class"], _class_of(column)))
    return found


def change_told(change: Mapping[str, Any]) -> str:
    """One change as a sentence."""
    classes = {one.value: one.label for one in ColumnClass}
    words = {
        "column": change["column"],
        "before": classes.get(change["before"], change["before"]),
        "after": classes.get(change["after"], change["after"]),
    }
    sentences = {
        "removed": _("The column “%(column)s” is gone."),
        "retyped": _("“%(column)s” was %(before)s and is %(after)s."),
        "nullable": _("“%(column)s” has missing values, and none were promised."),
        "class": _("“%(column)s” was promised as %(before)s and is %(after)s."),
    }
    return sentences[change["kind"]] % words


def _change(kind: str, column: str, before: str, after: str) -> dict[str, Any]:
    return {"kind": kind, "column": column, "before": before, "after": after}


def _class_of(column: Mapping[str, Any]) -> str:
    """What people said; of a column that a new suspicion is about since, as nobody has answered it yet, personal."""
    said = "" if column.get("warning") else column.get("class")
    return said or ColumnClass.PERSONAL.value


def _strictness(column: Mapping[str, Any]) -> int:
    said = _STRICTNESS[column["class"]] if column.get("class") else -1
    open_to_question = column.get("warning") or (column.get("suspected") and not column.get("class"))
    return max(said, _SUSPECTED) if open_to_question else said


def _consumers(actor: Actor, version: DatasetVersion) -> list[dict[str, Any]]:
    """What was made of any ready version of the dataset, each once."""
    found: dict[str, dict[str, Any]] = {}
    own = {str(pk) for pk in version.dataset.versions.values_list("pk", flat=True)}
    ready = selectors.ready_of(version)
    used = lineage.used(actor, "dataset_version", [one.pk for one in ready])
    for one in ready:
        for node in selectors.made_from(actor=actor, version=one) if one.pk in used else ():
            # Another version of this very dataset is no consumer of it; a version's address ends in its id.
            if node.kind == "dataset_version" and node.url.rstrip("/").rpartition("/")[2] in own:
                continue
            owner = str(node.owner_id) if node.owner_id else ""
            known = {"kind": node.kind, "name": node.name, "url": node.url, "owner": owner}
            found[node.url or f"{node.kind}/{node.name}"] = {**known, "seen_by": "", "seen_at": ""}
    return list(found.values())
