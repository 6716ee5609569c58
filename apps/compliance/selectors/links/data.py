"""Sources, dataset versions, feature views, training set."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.compliance.ports import Statement
from apps.compliance.selectors.chains import ModelChain
from apps.compliance.selectors.proofs import Proofs, missing


def source(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    """Where the rows came from, by the digest of what arrived."""
    return [_of_version(version, chain, proofs) for version in _versions(chain)]


def _of_version(version: Any, chain: ModelChain, proofs: Proofs) -> Statement:
    if version.source.get("inputs"):
        return _derived(version, chain, proofs)
    return _succeeded(version, proofs) if version.source.get("kind") == "erasure" else _uploaded(version, proofs)


def dataset_version(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    said: list[Statement] = []
    for version in _versions(chain):
        text = _("%(version)s was committed with %(rows)s rows as lake snapshot %(snapshot)s; it cannot change.")
        values = {"version": version, "rows": f"{version.row_count or 0:,}", "snapshot": version.lake_snapshot}
        agrees = {
            "digest": version.digest,
            "row_count": version.row_count,
            "lake_snapshot": version.lake_snapshot,
            "number": version.number,
        }
        subject = ("dataset_version", version.pk)
        kind = "dataset_version.committed"
        said.append(proofs.state(subject, kind, text % values, agrees=agrees, digest=version.digest))
        said += _personal(version, proofs)
    return said


def feature_view(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    said: list[Statement] = []
    for view in chain.views:
        subject = ("feature_view", view.pk)
        values = {"view": view, "entity": view.entity, "rows": f"{view.row_count or 0:,}"}
        defined = _("%(view)s was defined by SQL over the versions above, for the entity %(entity)s.") % values
        agrees = {"definition_digest": view.definition_digest, "number": view.number}
        kind = "feature_view.defined"
        said.append(proofs.state(subject, kind, defined, agrees=agrees, digest=view.definition_digest))
        computed = _("%(view)s was computed: %(rows)s rows.") % values
        agrees = {"digest": view.digest, "row_count": view.row_count, "lake_snapshot": view.lake_snapshot}
        said.append(proofs.state(subject, "feature_view.ready", computed, agrees=agrees, digest=view.digest))
    return said


def training_set(chain: ModelChain, proofs: Proofs) -> list[Statement]:
    row, proof = chain.training_set, chain.training_set.leakage_proof
    subject, violations = ("training_set", row.pk), row.leakage_proof.get("violations")
    text = _("%(name)s was joined: %(rows)s rows, label “%(label)s”.") % {
        "name": row,
        "rows": f"{row.row_count or 0:,}",
        "label": row.label,
    }
    agrees = {"digest": row.digest, "row_count": row.row_count, "lake_snapshot": row.lake_snapshot}
    joined = proofs.state(subject, "training_set.ready", text, agrees=agrees, digest=row.digest)
    if not proof.get("by_time"):
        alone = _("The data has no event time, so no feature could be checked against the time of its label.")
        return [joined, missing(_("Leakage proof"), alone)]
    counted = _(
        "Leakage proof: over %(rows)s rows, %(n)s values were younger than their label, and %(m)s differed from "
        "a second way of joining."
    ) % {"rows": f"{proof.get('rows', 0):,}", "n": violations, "m": proof.get("mismatches")}
    leak = proofs.state(subject, "training_set.ready", counted, agrees={"leakage_violations": violations})
    return [joined, leak]


def _versions(chain: ModelChain) -> list[Any]:
    return chain.dataset_versions


def _uploaded(version: Any, proofs: Proofs) -> Statement:
    source = version.source
    text = _("The file “%(name)s” (%(bytes)s bytes) was taken in for %(version)s.") % {
        "name": source.get("filename", "–"),
        "bytes": f"{version.byte_count or 0:,}",
        "version": version,
    }
    digest = source.get("sha256", "")
    agrees = {"upload_digest": digest, "byte_count": version.byte_count}
    kind = "dataset_version.ingestion_started"
    return proofs.state(("dataset_version", version.pk), kind, text, agrees=agrees, digest=digest)


def _derived(version: Any, chain: ModelChain, proofs: Proofs) -> Statement:
    inputs = list(version.source["inputs"].values())
    names = {str(row.pk): str(row) for row in chain.dataset_versions}
    text = _("%(version)s was derived by SQL from %(inputs)s.") % {
        "version": version,
        "inputs": ", ".join(sorted({names.get(pk, pk) for pk in inputs})),
    }
    kind = "dataset_version.derivation_started"
    return proofs.state(("dataset_version", version.pk), kind, text, agrees={"input_ids": inputs})


def _succeeded(version: Any, proofs: Proofs) -> Statement:
    text = _("%(version)s holds the rows of its predecessor without those of a person who was erased.")
    agrees = {"of_id": version.source["of"]}
    kind = "dataset_version.successor_started"
    return proofs.state(("dataset_version", version.pk), kind, text % {"version": version}, agrees=agrees)


def _personal(version: Any, proofs: Proofs) -> list[Statement]:
    """Whether somebody has said which columns are personal."""
    open_columns = [c["name"] for c in version.schema if c.get("suspected") and not c.get("class")]
    if not open_columns:
        return []
    text = _("Columns of %(version)s look personal: %(names)s.") % {
        "version": version,
        "names": ", ".join(open_columns),
    }
    return [missing(text, _("Nobody has said what they are."))]
