import gzip
import io
import json
import re
import struct
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import NEXT, VersionState
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.lake.sandbox import files
from tests.support.history import acts_on, done_by

CSV = b"id,region,amount\n1,north,2.5\n2,south,\n3,east,4.0\n"


def test_an_uploaded_file_becomes_an_immutable_version(ingested, scientist):
    version = ingested("people.csv", CSV)
    assert (version.state, version.number, version.row_count) == (VersionState.READY, 1, 3)
    assert [c["name"] for c in version.schema] == ["id", "region", "amount"]
    assert len(version.digest) == 64
    rows = lake.for_tenant(version.tenant_id).preview(selectors.table_at(version)).to_pylist()
    assert {row["region"] for row in rows} == {"north", "south", "east"}


def test_with_review_nothing_is_committed_before_a_person_says_so(ingested, scientist):
    version = ingested("people.csv", CSV, review=True)
    assert (version.state, version.number) == (VersionState.REVIEW, None)
    version = services.commit_version(actor=scientist, version=version, now=now())
    assert (version.state, version.number) == (VersionState.READY, 1)


def test_a_discarded_version_leaves_no_table(ingested, scientist, django_capture_on_commit_callbacks):
    version = ingested("people.csv", CSV, review=True)
    with django_capture_on_commit_callbacks(execute=True):
        services.discard_version(actor=scientist, version=version)
    assert not lake.for_tenant(version.tenant_id).exists(version.lake_table)


def test_the_next_version_takes_the_next_number_and_the_first_stays(ingested, scientist):
    first = ingested("people.csv", CSV)
    second = ingested("people.csv", CSV + b"4,west,1.0\n", dataset=first.dataset)
    assert (first.number, second.number, first.row_count, second.row_count) == (1, 2, 3, 4)
    assert first.digest != second.digest


def test_same_rows_in_another_order_have_the_same_digest(ingested):
    first = ingested("a.csv", CSV)
    second = ingested("b.csv", b"id,region,amount\n3,east,4.0\n1,north,2.5\n2,south,\n")
    assert first.digest == second.digest


def test_a_viewer_adds_nothing(viewer, project):
    with pytest.raises(AccessDenied, match="add datasets"):
        services.create_dataset(actor=viewer, project=project, name="x")


def test_rows_are_handed_to_nobody_of_another_tenant(ingested, other_scientist):
    with pytest.raises(AccessDenied):
        services.parquet_stream(actor=other_scientist, version=ingested("rows.csv", CSV))


def test_two_datasets_of_one_name_are_refused_with_what_to_do(scientist, project):
    services.create_dataset(actor=scientist, project=project, name="People")
    with pytest.raises(Conflict, match="Add a version to it"):
        services.create_dataset(actor=scientist, project=project, name="People")


def test_each_step_stands_on_the_ledger(ingested):
    version = ingested("people.csv", CSV)
    kinds = [event.kind for event in ledger.events_of(subject=("dataset_version", version.pk))]
    assert set(kinds) == {"dataset_version.ingestion_started", "dataset_version.committed"}


def zipped(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def crowded(count):
    """A zip of no byte but the list of its files, which takes ten times its size to be known."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 4, 0x21, 0, 0, 0, 1, *[0] * 6) + b"a"
    size = len(entry) * count
    return entry * count + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, size, 0, 0)


def nothing(rows):
    """Arrow of so many missing values, in some hundred bytes."""
    column = pa.Array.from_buffers(pa.null(), rows, [None])
    sink, schema = io.BytesIO(), pa.schema([("a", pa.null())])
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(allow_64bit=True)) as stream:
        stream.write_batch(pa.record_batch([column], schema=schema))
    return sink.getvalue()


def test_a_zip_with_one_table_is_opened(ingested):
    assert ingested("people.zip", zipped(**{"inner/people.csv": CSV})).row_count == 3


def parquet(table):
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def arrow(table):
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def spreadsheet(*rows):
    book, sink = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(sink)
    return sink.getvalue()


ROWS = pa.table({"x": [1, 2, 3], "y": ["a", None, "c"]})
SHEET = spreadsheet(["x", "y"], [1, "a"], [2, None], [3, "c"])


OTHERS = [
    ("t.parquet", parquet(ROWS)),
    ("t.parquet.gz", gzip.compress(parquet(ROWS), mtime=0)),
    ("t.feather", arrow(ROWS)),
    ("t.arrow.gz", gzip.compress(arrow(ROWS), mtime=0)),
    ("t.xlsx", SHEET),
    ("t.xlsx.gz", gzip.compress(SHEET, mtime=0)),
]


def test_other_formats_are_read_packed_or_not(ingested, subtests):
    for name, data in OTHERS:
        with subtests.test(name):
            version = ingested(name, data)
            shown = [(column["name"], column["type"]) for column in version.schema]
            assert (version.row_count, shown) == (3, [("x", "BIGINT"), ("y", "VARCHAR")]), version.failure


def test_a_zip_may_hold_a_spreadsheet(ingested):
    assert ingested("t.zip", zipped(**{"in/t.xlsx": SHEET, "in/read.me": b"x"})).row_count == 3


def test_a_few_bytes_that_stand_for_a_million_million_rows_fill_no_lake(ingested, monkeypatch):
    monkeypatch.setattr(files, "_ALWAYS_MB", 16)
    version = ingested("nulls.arrow", nothing(1 << 40))
    assert (version.state, version.row_count) == (VersionState.FAILED, None)
    assert "would become more than 16 MB of rows" in version.failure


BAD = [
    ("empty.csv", b"\n", "empty|header|no rows|no column"),
    ("header.csv", b"a,b\n", "no rows"),
    ("quote.csv", b'a,b\n1,"two\n3,4\n', "line 2|quot"),
    ("latin.csv", "a,b\nfête,1\n".encode("latin-1"), "UTF-8|utf-8|encod"),
    ("twice.csv", b"a,b,a\n1,2,3\n", "“a”|twice|duplicate"),
    ("bomb.zip", zipped(**{"a.csv": b"a\n" + b"0\n" * 20_000_000}), "zip bomb"),
    ("path.zip", zipped(**{"../../etc/a.csv": CSV}), "outside the archive"),
    ("many.zip", zipped(**{"a.csv": CSV, "b.csv": CSV}), "holds 2 tables"),
    ("crowded.zip", crowded(200_000), "holds too many files"),
    ("broken.zip", b"PK\x03\x04 nothing of the kind", "zip that can be opened"),
    (
        "cut.csv.gz",
        gzip.compress(b"a,b\n" + b"1,2\n" * 9000, mtime=0)[:-30],
        "gzip that can be opened: it is damaged or cut",
    ),
    ("bomb.csv.gz", gzip.compress(b"a\n" + b"0\n" * 20_000_000, mtime=0), "zip bomb"),
    ("unnamed.gz", gzip.compress(CSV, mtime=0), "does not say what is inside"),
    ("twice.xlsx", spreadsheet(["a", "b", "A"], [1, 2, 3]), "“A” twice, in cells A1 and C1"),
    ("broken.parquet", b"PAR1 nothing PAR1", "Parquet|parquet"),
]


def test_bad_files_end_as_failed_with_a_sentence_and_leave_nothing(ingested, tenant, subtests):
    for name, data, said in BAD:
        with subtests.test(name):
            version = ingested(name, data)
            assert version.state == VersionState.FAILED
            assert re.search(said, version.failure), version.failure
    assert lake.for_tenant(tenant.pk).tables() == []


def test_a_non_ascii_header_is_fine(ingested):
    version = ingested("arabic.csv", "الاسم,المبلغ\nنور,2\n".encode())
    assert version.column_names == ["الاسم", "المبلغ"]
    assert version.schema[0]["suspected"] == "person"


def test_probable_personal_data_is_pointed_out(ingested):
    version = ingested("m.csv", b"contact,amount\na@example.test,1\nb@example.test,2\n")
    assert [c["suspected"] for c in version.schema] == ["email", ""]


def test_sql_over_versions_makes_a_version(ingested, scientist, project, run_jobs):
    people = ingested("people.csv", CSV)
    dataset = services.create_dataset(actor=scientist, project=project, name="Rich")
    version = services.derive_version(
        actor=scientist, dataset=dataset, sql="SELECT region FROM people WHERE amount > 3", inputs={"people": people.pk}
    )
    run_jobs()
    version.refresh_from_db()
    assert (version.state, version.row_count) == (VersionState.READY, 1), version.failure


def test_what_sql_makes_has_to_fit_the_quota(ingested, scientist, admin, project, run_jobs):
    people = ingested("people.csv", CSV)
    dataset = services.create_dataset(actor=scientist, project=project, name="Rich")
    tenants.set_quota(actor=admin, project_id=None, storage_bytes=200)
    version = services.derive_version(
        actor=scientist, dataset=dataset, sql="SELECT * FROM people", inputs={"people": people.pk}
    )
    run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.FAILED
    # Everybody who sees the version reads it, so it names no figure of the tenant.
    assert "has too few bytes of storage left" in version.failure


def test_what_a_colleague_cancelled_names_them_and_can_be_read_again(ingested, scientist, officer, run_jobs):
    version = ingested("people.csv", CSV, run=False)
    jobs.cancel_of(actor=officer, subject=("dataset_version", version.pk))
    version.refresh_from_db()

    assert (version.state, version.failure) == (VersionState.CANCELLED, "Cancelled by The officer.")
    assert acts_on("dataset_version", version) == [
        done_by(scientist, "dataset_version.ingestion_started"),
        done_by(officer, "dataset_version.cancelled"),
    ]
    assert not lake.for_tenant(version.tenant_id).exists(f"ds_{version.pk.hex}")
    upload = selectors.upload_of(actor=scientist, version=version)
    services.create_version(actor=scientist, dataset=version.dataset, upload=upload, now=now())
    assert [job.state for job in run_jobs()] == ["succeeded"]


def test_a_derivation_that_is_cancelled_while_it_runs_names_who_did(ingested, scientist, officer, project):
    from foundation.jobs import choices, runner
    from foundation.jobs.models import JobTicket

    people = ingested("people.csv", CSV)
    dataset = services.create_dataset(actor=scientist, project=project, name="Rich")
    version = services.derive_version(
        actor=scientist, dataset=dataset, sql="SELECT * FROM people", inputs={"people": people.pk}
    )
    claim = runner.take(JobTicket.objects.get().job_id)
    jobs.cancel_of(actor=officer, subject=("dataset_version", version.pk))
    runner.settle(claim, runner.Outcome(choices.JobState.CANCELLED))
    version.refresh_from_db()

    assert version.state == VersionState.CANCELLED
    assert acts_on("dataset_version", version)[-1] == done_by(officer, "dataset_version.cancelled")


def test_a_failure_stays_the_portals(ingested):
    version = ingested("header.csv", b"a,b\n")
    assert acts_on("dataset_version", version)[-1] == done_by(None, "dataset_version.failed")


def test_the_table_of_states_names_every_state():
    assert set(NEXT) == set(VersionState)


@pytest.mark.parametrize(
    "options",
    [
        {"columns": [{"name": "a", "type": "INT) FROM (SELECT 1", "constant": "1"}]},
        {"members": {"start": -1, "until": 0}},
        {"missing": [1]},
        {"tokenise": 5},
        {"types": "text"},
        {"types": {"a": None}},
        {"types": {"a": "VARCHAR"}},
        {"delimiter": "ab"},
        {"quote": 7},
        {"sheet": True},
        {"version": -1},
    ],
)
def test_how_a_file_is_read_is_looked_at_whoever_says_it(scientist, project, uploaded, api_as, options):
    dataset, upload = services.create_dataset(actor=scientist, project=project, name="x"), uploaded("x.csv", CSV)
    with pytest.raises(Invalid) as refusal:
        services.create_version(actor=scientist, dataset=dataset, upload=upload, now=now(), options=options)
    assert refusal.value.fields["options"]
    body = {"project": project.slug, "name": "y", "upload": str(upload.pk), "options": options}
    answer = api_as(scientist).post("/api/v1/datasets/", json.dumps(body), content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["options"])
