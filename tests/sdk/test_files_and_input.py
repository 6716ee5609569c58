"""What commands read: rows as JSON or CSV, SQL from a file or from standard input."""

from __future__ import annotations

import io
import json

import pytest

from runtime.encoder import RowEncoder
from runtime.schema import Feature
from sanad.rows import table_rows

FEATURES = {"price": "number", "rooms": "integer", "garden": "boolean", "street": "category", "at": "timestamp"}
SCHEMA = {"features": [{"name": name, "type": kind} for name, kind in FEATURES.items()]}
CSV = 'price,rooms,garden,street,at\n1.5,3,true,"Long, North",2013-07-01T05:00:00Z\n,4,False,12,\n'
ROWS = [
    {"price": 1.5, "rooms": 3, "garden": True, "street": "Long, North", "at": "2013-07-01T05:00:00Z"},
    {"price": None, "rooms": 4, "garden": False, "street": "12", "at": None},
]


@pytest.fixture
def predict(sanad, client, monkeypatch):
    """Ask a deployment whose model takes FEATURES; exit code, the rows that were sent, what was said beside."""
    sent: list = []
    kind = type(client.deployments)
    monkeypatch.setattr(kind, "find", lambda self, said: {"id": said, "url": f"http://here/{said}"})
    monkeypatch.setattr(kind, "get", lambda self, said: {"id": said, "lookups": None})
    monkeypatch.setattr(kind, "schema", lambda self, deployment: SCHEMA)
    monkeypatch.setattr(kind, "predict", lambda self, deployment, rows: sent.extend(rows) or {"predictions": []})

    def run(*words):
        code, _answered, said = sanad("predict", "houses", *words)
        return code, sent, said

    return run


def test_a_csv_becomes_rows_of_the_models_types_which_its_encoder_takes():
    rows = table_rows(CSV, SCHEMA)
    assert rows == ROWS
    encoder = RowEncoder([Feature(name, kind, nullable=True, order=(None,)) for name, kind in FEATURES.items()])
    assert len(encoder.encode_rows([list(row.values()) for row in rows])) == 2


@pytest.mark.parametrize("cell", ["far", "nan", "inf", "1_000", "1,5"])
def test_a_cell_that_is_no_number_stays_as_it_was_for_the_portal_to_refuse_by_name(cell):
    assert table_rows(f'price\n"{cell}"\n', SCHEMA) == [{"price": cell}]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "empty"), ("price\n", "no rows"), ("price,rooms\n1\n", "Line 2 of the CSV has 1 cells; the first has 2")],
)
def test_a_csv_without_rows_or_with_a_short_line_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        table_rows(text, SCHEMA)


def test_predict_takes_csv_by_the_files_name(predict, tmp_path):
    (tmp_path / "rows.CSV").write_text(f"\ufeff{CSV}", encoding="utf-8")
    assert predict(str(tmp_path / "rows.CSV"))[:2] == (0, ROWS)


def test_predict_takes_either_from_standard_input(predict, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(CSV))
    assert predict("-", "--format", "csv")[:2] == (0, ROWS)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(ROWS[0])))
    assert predict("-")[:2] == (0, [*ROWS, ROWS[0]])


def test_a_file_in_another_encoding_is_named(predict, tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"street\nR\xe9publique\n")
    code, sent, said = predict(str(tmp_path / "rows.csv"))
    assert (code, sent) == (2, [])
    assert said.startswith(f"{tmp_path}/rows.csv is no UTF-8 text")


def test_the_sql_of_a_feature_view_comes_from_a_file_or_from_standard_input(sanad, monkeypatch, tmp_path):
    defined = []
    monkeypatch.setattr(
        "sanad.features.Features.define",
        lambda self, name, **words: defined.append(words["sql"]) or {"id": name, "warnings": []},
    )
    monkeypatch.setattr("sanad.data.Datasets.newest", lambda self, said: said)
    words = ["--input", "weather", "--entity", "origin", "--event-time", "hour"]
    (tmp_path / "view.sql").write_text("SELECT 1")
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 2"))
    for file in (str(tmp_path / "view.sql"), "-"):
        assert sanad("features", "define", "by_hour", file, *words)[0] == 0
    assert defined == ["SELECT 1", "SELECT 2"]
