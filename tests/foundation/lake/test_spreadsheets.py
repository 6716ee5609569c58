"""Spreadsheets: each column has one type, or is text; what is no table is named by sheet and cell."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from foundation.lake.adapters import child_excel
from tests.foundation.lake.files_stage import ingest, refused

__all__ = ["ingest", "refused"]


def book(*rows, title="Sales", more=(), change=lambda sheet: None) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    change(sheet)
    for name, cells in more:
        other = workbook.create_sheet(name)
        for row in cells:
            other.append(row)
    sink = io.BytesIO()
    workbook.save(sink)
    return sink.getvalue()


def test_each_column_has_one_type_or_is_text(ingest):
    found = ingest(
        book(
            ["whole", "broken", "day", "at", "clock", "span", "flag", "word", "mixed", "gap", "code"],
            [1, 1.5, date(2024, 1, 2), datetime(2024, 1, 2, 3, 4), time(1, 2), timedelta(1.25), True, "x", 7, "NA", 1],
            [2, 2, date(2024, 2, 2), date(2024, 1, 3), time(5, 6), timedelta(0, 1), False, "y", "many", 3, 2],
            [3, None, None, None, None, None, None, None, date(2024, 5, 6), None, 3],
            [None] * 11,
            [4, 5, None, None, None, None, None, "z", True, 4, 4],
            [None] * 11,
        ),
        "excel",
        types={"code": "text"},
    )  # fmt: skip
    assert found == {
        "whole": [1, 2, 3, 4],
        "broken": [1.5, 2.0, None, 5.0],
        "day": [date(2024, 1, 2), date(2024, 2, 2), None, None],
        "at": [datetime(2024, 1, 2, 3, 4), datetime(2024, 1, 3), None, None],
        "clock": [time(1, 2), time(5, 6), None, None],
        "span": ["30:00:00", "00:00:01", None, None],
        "flag": [True, False, None, None],
        "word": ["x", "y", None, "z"],
        "mixed": ["7", "many", "2024-05-06", "true"],
        "gap": [None, 3, None, 4],
        "code": ["1", "2", "3", "4"],
    }
    assert {type(value) for value in found["whole"]} == {int}


def test_a_sheet_is_named_or_numbered_and_begins_where_its_first_row_does(ingest):
    content = book(
        ["a"], [1], more=[("2024", [[], [], [None, None, "b", "c"], [None, None, 2, "x"]]), ("Last", [["z"], [9]])]
    )
    assert ingest(content, "excel") == {"a": [1]}
    assert ingest(content, "excel", sheet="2") == {"b": [2], "c": ["x"]}
    assert ingest(content, "excel", sheet="2024") == {"b": [2], "c": ["x"]}
    assert ingest(content, "excel", sheet="Last") == {"z": [9]}


def with_cached_formula():
    """A formula and an error, with the values that a spreadsheet program saves with them."""
    content = io.BytesIO(book(["n", "f", "e"], [1, "=A2+1", "=1/0"]))
    sink = io.BytesIO()
    with zipfile.ZipFile(content) as given, zipfile.ZipFile(sink, "w") as made:
        for name in given.namelist():
            data = given.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b"<f>A2+1</f><v />", b"<f>A2+1</f><v>2</v>").replace(
                    b"<f>A2+1</f><v></v>", b"<f>A2+1</f><v>2</v>"
                )
                data = (
                    data.replace(b'<c r="C2"><f>1/0</f>', b'<c r="C2" t="e"><f>1/0</f>')
                    .replace(b"<f>1/0</f><v />", b"<f>1/0</f><v>#DIV/0!</v>")
                    .replace(b"<f>1/0</f><v></v>", b"<f>1/0</f><v>#DIV/0!</v>")
                )
            made.writestr(name, data)
    return sink.getvalue()


def test_of_a_formula_its_value_is_read_and_an_error_is_none(ingest):
    assert ingest(with_cached_formula(), "excel") == {"n": [1], "f": [2], "e": [None]}


OPEN_DOCUMENT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="One">{rows}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)
OPEN_ROW = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    "{other}</table:table-row>"
)
OPEN_NUMBER = '<table:table-cell office:value-type="float" office:value="3"/>'
OPEN_NAME = '<table:table-cell office:value-type="string"><text:p>n</text:p></table:table-cell>'


def test_open_document_is_read(ingest):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", "<manifest/>")
        rows = OPEN_ROW.format(text="الاسم", other=OPEN_NAME) + OPEN_ROW.format(text="عائشة", other=OPEN_NUMBER)
        made.writestr("content.xml", OPEN_DOCUMENT.format(rows=rows))
    assert ingest(sink.getvalue(), "excel") == {"الاسم": ["عائشة"], "n": [3]}


def test_the_old_format_is_read(ingest):
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Old")
    for row, cells in enumerate([["n", "word", "day"], [1, "x", date(2024, 1, 2)], [2, "y", date(2024, 1, 3)]]):
        for place, value in enumerate(cells):
            style = xlwt.easyxf(num_format_str="YYYY-MM-DD") if isinstance(value, date) else xlwt.Style.default_style
            sheet.write(row, place, value, style)
    sink = io.BytesIO()
    workbook.save(sink)
    found = {"n": [1, 2], "word": ["x", "y"], "day": [date(2024, 1, 2), date(2024, 1, 3)]}
    assert ingest(sink.getvalue(), "excel") == found


def test_one_with_a_password_is_asked_for_without(refused):
    sink = io.BytesIO()
    OOXMLFile(io.BytesIO(book(["a"], [1]))).encrypt("geheim", sink)
    assert "asks for a password; save it without one" in refused(sink.getvalue(), "excel")


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"", {}, "is empty"),
        (b"a,b\n1,2\n", {}, "damaged or not of the format Excel"),
        (book(["a"], [1])[:-400], {}, "damaged"),
        (book(["a"], [1]), {"sheet": "Costs"}, "has no sheet “Costs”; its sheets are: Sales."),
        (book(["a"], [1]), {"sheet": "2"}, "has no sheet “2”"),
        (book(), {}, "Sheet “Sales” of “upload.excel” is empty"),
        (book(["a", "b"]), {}, "has names in row 1, but no rows"),
        (book([1, 2], [3, 4]), {}, "Row 1 of sheet “Sales” in “upload.excel” holds numbers"),
        (book([], ["a", None, "c"], [1, 2, 3]), {}, "Cell B2 of sheet “Sales”"),
        (book(["a"], [1, 2]), {}, "Cell B1 of sheet “Sales” in “upload.excel” should name its column"),
        (book([None, "Age", "b", "age"], [None, 1, 2, 3]), {}, "has the column “age” twice, in cells B1 and D1"),
        (book(["a" * 300, "b"], [1, 2]), {}, "The name in cell A1 of sheet “Sales”"),
        (book(["a", "b"], [1, 2], change=lambda s: s.merge_cells("A1:B1")), {}, "The cells A1:B1 of sheet “Sales”"),
        (book(["a", "b"], [1, 2], [None, 3], change=lambda s: s.merge_cells("A2:A3")), {}, "The cells A2:A3"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_named_by_sheet_and_cell(refused, content, options, sentence):
    assert sentence in refused(content, "excel", **options)


def test_a_spreadsheet_is_read_whole_so_a_large_one_is_refused(refused, monkeypatch):
    sink = io.BytesIO(book(["a"], [1]))
    with (
        zipfile.ZipFile(sink, "a", zipfile.ZIP_DEFLATED) as made,
        made.open("xl/media/big", "w", force_zip64=True) as big,
    ):
        for _ in range(2200):
            big.write(bytes(1 << 20))
    sentence = refused(sink.getvalue(), "excel")
    assert f"up to {child_excel.MOST_MB} MB. Save the sheet as CSV" in sentence
    assert "too large for a spreadsheet" in refused(b"PK" + bytes((child_excel.MOST_MB << 20) + 1), "excel")
