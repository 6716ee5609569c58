"""A version's rows leave as files that the tools of others read, whole and as they are."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.datasets import services
from apps.datasets.adapters import rows_out, table_parts
from apps.datasets.choices import ExportFormat
from foundation import lake
from foundation.errors import AccessDenied, Invalid
from tests.apps.datasets import conftest

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "small": pa.array([1, None, -3], pa.int8()),
        "large": pa.array([1, None, 2**64 - 1], pa.uint64()),
        "x": pa.array([0.5, None, -1.5]),
        "flag": pa.array([True, None, False]),
        "word": pa.array(["=1+1", None, "-5"]),
        "day": pa.array([date(2024, 1, 2), None, date(2024, 1, 3)]),
        "clock": pa.array([time(1, 2, 3), None, time(4, 5)], pa.time64("us")),
        "at": pa.array([datetime(2024, 1, 2, 3, 4, 5, 6), None, datetime(2024, 1, 3)], pa.timestamp("us")),
        "moment": pa.array([datetime(2024, 1, 2, tzinfo=UTC), None, None], pa.timestamp("us", "UTC")),
        "money": pa.array([Decimal("1.50"), None, Decimal("2.00")], pa.decimal128(9, 2)),
        "raw": pa.array([b"\x00\xff", None, b""]),
        "tags": pa.array([["a", None], None, []], pa.list_(pa.string())),
        "thing": pa.array(
            [{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}], pa.struct({"a": pa.int32(), "b": pa.string()})
        ),
    }
)


@pytest.fixture
def version(scientist, project, monkeypatch, written):
    """A committed version with a column of every type."""
    monkeypatch.setattr(conftest, "_rows_of", lambda _data: ROWS)
    return written("Every type.csv", b"")


def exported(scientist, version, form, **words):
    return b"".join(services.export_stream(actor=scientist, version=version, form=form, **words))


def folder_of(content, tmp_path):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    [folder] = tmp_path.iterdir()
    return folder


def in_order(table):
    return sorted(table.to_pylist(), key=lambda row: row["id"])


def test_parquet_and_arrow_hold_the_rows_as_the_lake_does(scientist, version):
    expected = in_order(
        lake.for_tenant(version.tenant_id).read(lake.TableAt(version.lake_table, version.lake_snapshot)).read_all()
    )
    assert in_order(pq.read_table(io.BytesIO(exported(scientist, version, "parquet")))) == expected
    assert in_order(pa.ipc.open_file(exported(scientist, version, "arrow")).read_all()) == expected


def test_csv_is_safe_to_open_and_exact_on_demand(scientist, version):
    content = exported(scientist, version, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    first = next(row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))) if row["id"] == "1")
    last = next(row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))) if row["id"] == "3")
    assert (first["word"], last["word"], last["x"]) == ("'=1+1", "-5", "-1.5")
    assert (first["tags"], first["thing"], first["raw"]) == ('["a", null]', '{"a": 1, "b": "x"}', "00ff")
    exact = exported(scientist, version, "csv", exact=True).decode()
    assert exact.startswith('"id",')
    assert '"=1+1"' in exact


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_text_or_name_begins_as_a_formula_of_any_spreadsheet(sign):
    batch = pa.record_batch([[f"{sign}HYPERLINK(1)"]], names=[f"{sign}A1"])
    [head, row] = csv.reader(
        io.StringIO(b"".join(rows_out.csv([batch], batch.schema, exact=False)).decode("utf-8-sig"))
    )
    assert (head, row) == ([f"'{sign}A1"], [f"'{sign}HYPERLINK(1)"])


def test_delta_is_read_by_delta(scientist, version, tmp_path, monkeypatch):
    monkeypatch.setattr(table_parts, "ROWS_IN_A_PART", 1)
    folder = folder_of(exported(scientist, version, "delta"), tmp_path)
    assert folder.name == "every-typecsv-v1"
    table = deltalake.DeltaTable(str(folder))
    found = pa.table(deltalake.QueryBuilder().register("t", table).execute("SELECT * FROM t ORDER BY id").read_all())
    assert (table.version(), found.num_rows) == (0, 3)
    assert found["id"].to_pylist() == [1, 2, 3]
    first = {name: column[0].as_py() for name, column in zip(found.column_names, found.columns, strict=True)}
    assert (first["small"], first["large"], first["clock"]) == (1, Decimal(1), "01:02:03.000000")
    assert (first["at"], first["moment"]) == (datetime(2024, 1, 2, 3, 4, 5, 6), datetime(2024, 1, 2, tzinfo=UTC))
    assert (first["tags"], first["thing"], first["money"]) == (["a", None], {"a": 1, "b": "x"}, Decimal("1.50"))


def test_iceberg_is_read_by_iceberg(scientist, version, tmp_path):
    from pyiceberg.table import StaticTable

    folder = folder_of(
        exported(scientist, version, "iceberg", location=f"file://{tmp_path}/every-typecsv-v1"), tmp_path
    )
    table = StaticTable.from_metadata(f"file://{folder}/metadata/v1.metadata.json")
    found = in_order(table.scan().to_arrow())
    assert [row["id"] for row in found] == [1, 2, 3]
    assert (found[0]["small"], found[0]["clock"], found[0]["money"]) == (1, time(1, 2, 3), Decimal("1.50"))
    assert (found[0]["at"], found[0]["moment"]) == (datetime(2024, 1, 2, 3, 4, 5, 6), datetime(2024, 1, 2, tzinfo=UTC))
    assert (found[0]["tags"], found[0]["thing"]) == (["a", None], {"a": 1, "b": "x"})


def test_every_form_is_offered_and_comes_with_its_name(client_as, api_as, scientist, version):
    where = f"/t/acme/p/flights/data/versions/{version.pk}/"
    page = client_as(scientist).get(where).content.decode()
    for form in ExportFormat:
        assert f"{where}rows.{form}" in page
        answer = client_as(scientist).get(f"{where}rows.{form}")
        assert answer["Content-Disposition"] == f'attachment; filename="every-typecsv-v1{form.ending}"'
        by_rest = api_as(scientist).get(f"/api/v1/dataset-versions/{version.pk}/export/", {"form": form.value})
        assert (by_rest.status_code, by_rest["Content-Type"]) == (200, form.media_type)
        assert b"".join(by_rest.streaming_content)[:2] == b"".join(answer.streaming_content)[:2]
    assert client_as(scientist).get(f"{where}rows.exe").status_code == 404
    refused = api_as(scientist).get(f"/api/v1/dataset-versions/{version.pk}/export/", {"form": "exe"})
    assert refused.status_code == 422


def test_who_may_not_read_a_version_exports_nothing(other_scientist, scientist, version):
    for form in ExportFormat:
        with pytest.raises(AccessDenied):
            services.export_stream(actor=other_scientist, version=version, form=form)
    with pytest.raises(Invalid, match="whole address"):
        services.export_stream(actor=scientist, version=version, form="iceberg", location="orders")
    with pytest.raises(Invalid, match="none of"):
        services.export_stream(actor=scientist, version=version, form="exe")
