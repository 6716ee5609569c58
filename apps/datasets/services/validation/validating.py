"""The step that every version's rows pass before they are a version: checked, and where that is wanted, set aside."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from apps.datasets import selectors
from apps.datasets.choices import ReportOutcome, ResultState, Severity
from apps.datasets.errors import RowsRefused
from apps.datasets.events import RowsQuarantined, VersionValidated
from apps.datasets.models import DatasetVersion, Quarantine, Suite, ValidationReport, quarantine_table
from apps.datasets.services.validation import measuring, user_sql, wording
from apps.datasets.services.validation.expectations import Expectation
from apps.datasets.services.validation.forgetting import forget_quarantine
from apps.datasets.services.validation.measuring import Asked, Measured, Result
from apps.datasets.services.validation.suites import before_of, digest_of, expectations_of, others_of
from foundation import ledger
from foundation.clock import now
from foundation.figures import number
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Failing, Lake, TableAt
from foundation.words import kept as _
from foundation.words import kept_in_turn

# Rows of a blocked version that are kept to be seen, of all its expectations together.
_MOST_SAMPLED = 100


def validate(
    *,
    job: JobHandle,
    version: DatasetVersion,
    tables: Lake,
    at: TableAt,
    into: TableAt | None = None,
    key: Sequence[str] = (),
) -> TableAt:
    """Where the rows lie that may go on; RowsRefused where the version may not be made of them.

    With `into`, the rows at `at` will be merged into that table, where they replace the rows of the same `key`: keys,
    counts and spread are looked at as they will be then. May be done again at any point: rows are set aside and taken
    out in one commit of the lake, and an attempt that finds that done keeps what the one before it found.
    """
    with job.scope():
        suite = selectors.newest_suite(version.dataset)
        report = ValidationReport.objects.select_related("suite").filter(version=version).first()
    aside = quarantine_table(version)
    if report is not None and tables.were_set_aside(at.table, aside):
        _keep_quarantine(job, version, report.suite, tables, aside)
        return tables.current(at.table)
    expectations = expectations_of(suite)
    if suite is None or not expectations:
        forget_findings(job, version)
        return at
    with job.scope():
        guarded = selectors.guarded(suite, version, compares=bool(version.source.get("masked")))
    expectations = [_whole(one) if one.id in guarded else one for one in expectations]
    job.progress(_("Checking what is expected of the rows"), 68)
    measured, seconds = _measured(job, version, expectations, tables, at, into, tuple(key))
    job.raise_if_cancelled()
    outcome = outcome_of(expectations, measured.results)
    _keep_report(job, version, suite, measured, outcome, seconds)
    with job.scope():
        # What an attempt before this one had set aside is among these rows again.
        forget_quarantine(version)
    if outcome is ReportOutcome.BLOCKED:
        _keep_sample(job, version, suite, expectations, measured, tables, at)
        raise RowsRefused(_why_blocked(job, version, expectations, measured, guarded))
    failing = _failing(expectations, measured.results, Severity.QUARANTINE)
    if not failing:
        return at
    if at.table != version.own_table:
        # A table that something writes to all the time, or that other versions are read from, stays as it is.
        at = tables.write_query(version.own_table, "SELECT * FROM a", {"a": at}, mode="replace")
    return _set_aside(job, version, suite, failing, measured, tables, at, merged=into is not None)


def forget_findings(job: JobHandle, version: DatasetVersion) -> None:
    """Nothing is expected: neither is what an attempt before this one had found."""
    with job.scope():
        forget_quarantine(version)
        ValidationReport.objects.filter(version=version).delete()


def outcome_of(expectations: Sequence[Expectation], results: Sequence[Result]) -> ReportOutcome:
    """The worst of what came out. What could not be checked cannot be set aside row by row: it blocks."""
    outcome = ReportOutcome.PASSED
    for one, result in zip(expectations, results, strict=True):
        if result.state is ResultState.PASSED:
            continue
        blocks = one.severity is Severity.BLOCK
        if blocks or (one.severity is Severity.QUARANTINE and result.state is ResultState.UNCHECKED):
            return ReportOutcome.BLOCKED
        if one.severity is Severity.QUARANTINE:
            outcome = ReportOutcome.QUARANTINED
        elif outcome is ReportOutcome.PASSED:
            outcome = ReportOutcome.WARNED
    return outcome


def _whole(one: Expectation) -> Expectation:
    """Held for all rows or for none: which of them were set aside would tell values that somebody sees masked."""
    return replace(one, severity=Severity.BLOCK) if one.severity is Severity.QUARANTINE else one


def _measured(
    job: JobHandle,
    version: DatasetVersion,
    expectations: Sequence[Expectation],
    tables: Lake,
    at: TableAt,
    into: TableAt | None,
    key: tuple[str, ...],
) -> tuple[Measured, float]:
    with job.scope():
        others = others_of(job.actor, version.project_id, expectations)
        before = before_of(selectors.ready_before(version))
    began = time.perf_counter()
    asked = Asked(
        tenant_id=version.tenant_id,
        tables=tables,
        at=at,
        now=now(),
        others=others,
        before=before,
        into=into,
        key=key,
        for_good=True,
    )
    return measuring.measure(expectations, asked), time.perf_counter() - began


def _keep_report(
    job: JobHandle, version: DatasetVersion, suite: Suite, measured: Measured, outcome: ReportOutcome, seconds: float
) -> None:
    """Before anything is set aside: whoever comes after a killed attempt finds here what it had found."""
    results = [result.as_json() for result in measured.results]
    counted = [[one["id"], one["state"], one["failed_rows"]] for one in results]
    digest = digest_of([suite.digest, measured.row_count, counted])
    with job.scope():
        report, _made = ValidationReport.objects.update_or_create(
            tenant_id=version.tenant_id,
            version=version,
            defaults={
                "project_id": version.project_id,
                "dataset_id": version.dataset_id,
                "suite": suite,
                "results": results,
                "outcome": outcome,
                "row_count": measured.row_count,
                "seconds": seconds,
                "digest": digest,
            },
        )
        said = VersionValidated(
            dataset_id=version.dataset_id,
            version_id=version.pk,
            suite_id=suite.pk,
            suite_digest=suite.digest,
            report_digest=report.digest,
            outcome=outcome.value,
            row_count=measured.row_count,
            expectation_count=len(results),
            failed_count=sum(one["state"] != ResultState.PASSED for one in results),
        )
        _record(said, job.actor, version)


def _failing(
    expectations: Sequence[Expectation], results: Sequence[Result], severity: Severity
) -> list[tuple[Expectation, Result]]:
    pairs = zip(expectations, results, strict=True)
    return [(one, it) for one, it in pairs if one.severity is severity and it.state is not ResultState.PASSED]


def _keep_sample(
    job: JobHandle,
    version: DatasetVersion,
    suite: Suite,
    expectations: Sequence[Expectation],
    measured: Measured,
    tables: Lake,
    at: TableAt,
) -> None:
    """The first rows that are in the way, for whoever mends what was sent; they are never part of a version."""
    blocking = [
        (one, result) for one, result in _failing(expectations, measured.results, Severity.BLOCK) if result.failing
    ]
    # What is replayed lies in quarantine whole, and can be seen there.
    if not blocking or version.source.get("kind") == "replay":
        return
    job.progress(_("Keeping the first rows that fail"), 69)
    each = max(1, min(user_sql.FIRST_ROWS, _MOST_SAMPLED // len(blocking)))
    aside = quarantine_table(version)
    tables.copy_failing(at, aside, _found_again(blocking, measured), each)
    _keep_quarantine(job, version, suite, tables, aside, is_sample=True)


def _found_again(failing: Sequence[tuple[Expectation, Result]], measured: Measured) -> Failing:
    """By what the lake finds the rows again, and what it looks into for that."""
    conditions = {one.id: result.failing for one, result in failing}
    keys = {f"_keys_{one.id}": result.keys for one, result in failing if result.keys is not None}
    inputs = {alias: table for alias, table in measured.inputs.items() if alias != "_rows"}
    return Failing(conditions, inputs, keys)


def _why_blocked(
    job: JobHandle,
    version: DatasetVersion,
    expectations: Sequence[Expectation],
    measured: Measured,
    guarded: Collection[str],
) -> str:
    """Each expectation that is in the way, with its column and the number of rows, and never a value.

    Of a guarded one not even which it is: whoever sees its columns in clear reads that in the report.
    """
    with job.scope():
        names = selectors.dataset_names(actor=job.actor, project_id=version.project_id)
    bad = _failing(expectations, measured.results, Severity.BLOCK)
    unknown = _failing(expectations, measured.results, Severity.QUARANTINE)
    bad += [(one, result) for one, result in unknown if result.state is ResultState.UNCHECKED]
    held = any(one.id in guarded for one, _result in bad)
    bad = [(one, result) for one, result in bad if one.id not in guarded]
    said = [
        part
        for one, result in bad[:5]
        for part in (wording.sentence(one, datasets=names), wording.told(one, result.as_json()))
    ]
    rest = _("And %(count)d more.") % {"count": len(bad) - 5} if len(bad) > 5 else ""
    whole = _("Of %(rows)s rows, not what is expected:") % {"rows": number(measured.row_count)}
    hint = _(
        "An expectation about values that are masked for some holds it back. Whoever sees them in clear reads in the "
        "report of this version which one it is; where rows are to be set aside instead, they save it once more."
    )
    return kept_in_turn(part for part in (whole if said else "", *said, rest, hint if held else "") if part)


def _set_aside(
    job: JobHandle,
    version: DatasetVersion,
    suite: Suite,
    failing: Sequence[tuple[Expectation, Result]],
    measured: Measured,
    tables: Lake,
    at: TableAt,
    *,
    merged: bool,
) -> TableAt:
    job.progress(_("Setting rows aside"), 69)
    aside = quarantine_table(version)
    good, _marks = tables.set_aside(at, aside, _found_again(failing, measured))
    _keep_quarantine(job, version, suite, tables, aside)
    if not merged and not tables.count(good):
        sentence = _(
            "Not one of the %(rows)s rows is as expected. They are in quarantine: correct them there and replay them."
        )
        raise RowsRefused(sentence % {"rows": number(measured.row_count)})
    return good


def _keep_quarantine(
    job: JobHandle, version: DatasetVersion, suite: Suite, tables: Lake, aside: str, *, is_sample: bool = False
) -> None:
    """What the lake has set aside, or keeps to be seen, as a row of the portal; once, whichever attempt comes here."""
    at = tables.current(aside)
    rows = tables.count(at)
    marks = [column.name for column in tables.schema(at)[:3]]
    with job.scope():
        quarantine, made = Quarantine.objects.get_or_create(
            tenant_id=version.tenant_id,
            version=version,
            defaults={
                "project_id": version.project_id,
                "dataset_id": version.dataset_id,
                "suite": suite,
                "lake_snapshot": at.snapshot,
                "marks": marks,
                "is_sample": is_sample,
                "first_count": rows,
                "row_count": rows,
            },
        )
        if not made and quarantine.lake_snapshot != at.snapshot:
            quarantine.lake_snapshot, quarantine.suite = at.snapshot, suite
            quarantine.first_count = quarantine.row_count = rows
            quarantine.save(update_fields=["lake_snapshot", "suite", "first_count", "row_count"])
        if made and not is_sample:
            said = RowsQuarantined(
                dataset_id=version.dataset_id, version_id=version.pk, quarantine_id=quarantine.pk, row_count=rows
            )
            _record(said, job.actor, version)


def _record(event: ledger.Event, actor: Actor, version: DatasetVersion) -> None:
    ledger.record(event, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
