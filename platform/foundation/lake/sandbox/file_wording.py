"""The sentences for files that cannot be read as a table: what is wrong, where, and how to mend it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from foundation.lake.errors import FileRefused
from foundation.lake.sandbox.children import Limits
from foundation.words import kept
from foundation.words import kept as _

_SENTENCES: dict[str, str] = {
    "no_walls": gettext_noop(
        "“%(file)s” was not opened: this machine cannot shut in what users bring; it needs Linux 5.13 or newer with "
        "Landlock and seccomp."
    ),
    "empty": gettext_noop("“%(file)s” is empty."),
    "no_rows": gettext_noop("“%(file)s” has column names but no rows below them."),
    "no_header": gettext_noop(
        "Line %(line)s of “%(file)s” holds numbers where the names of the columns should be; put a line of names first."
    ),
    "unnamed_column": gettext_noop("Column %(place)s of “%(file)s” has no name; give it one in the first line."),
    "bad_name": gettext_noop(
        "The name of column %(place)s of “%(file)s” is longer than 200 signs or holds control signs; shorten it."
    ),
    "duplicate_column": gettext_noop(
        "“%(file)s” has the column “%(column)s” twice, as columns %(first)s and %(place)s; rename or remove one."
    ),
    "binary": gettext_noop(
        "“%(file)s” is not text: line %(line)s holds a zero byte. Save it as CSV or JSON lines in UTF-8, or as Parquet."
    ),
    "encoding": gettext_noop(
        "Line %(line)s of “%(file)s” is not UTF-8; save the file with the encoding UTF-8 and upload it again."
    ),
    "encoding_guess": gettext_noop(
        "Line %(line)s of “%(file)s” is not UTF-8; it looks like %(guess)s. Save the file with the encoding UTF-8 and "
        "upload it again."
    ),
    "open_quote": gettext_noop("The quote opened on line %(line)s of “%(file)s” is never closed; close or double it."),
    "quote": gettext_noop(
        "Line %(line)s of “%(file)s” has text after a closing quote; write a quote inside a value twice."
    ),
    "wrong_width": gettext_noop(
        "Line %(line)s of “%(file)s” has %(found)s values where the first line has %(wanted)s columns."
    ),
    "mixed_column": gettext_noop(
        "Column “%(column)s” of “%(file)s” holds numbers, but line %(line)s has “%(value)s”. Correct the value, or "
        "declare the column as text."
    ),
    "mixed_kinds": gettext_noop(
        "“%(column)s” in “%(file)s” is a %(first_kind)s on line %(first_line)s and a %(kind)s on line %(line)s; "
        "use one kind, or declare it as text."
    ),
    "mixed_kinds_apart": gettext_noop(
        "“%(column)s” is a %(first_kind)s on line %(first_line)s of “%(first_file)s” and a %(kind)s on line %(line)s "
        "of “%(file)s”; use one kind, or declare it as text."
    ),
    "other_lacks": gettext_noop(
        "“%(file)s” has no column “%(column)s”, which the others have. Add it, or read it by itself."
    ),
    "other_beyond": gettext_noop(
        "“%(file)s” has a column “%(column)s”, which the others lack. Leave it out, or read it by itself."
    ),
    "other_twice": gettext_noop("“%(file)s” has the column “%(column)s” twice on line %(line)s; rename or remove one."),
    "other_type": gettext_noop(
        "The column “%(column)s” is %(found)s in “%(file)s” and %(wanted)s in the others. Correct the values, or read "
        "the column as text."
    ),
    "bad_json": gettext_noop("Line %(line)s of “%(file)s” is not valid JSON, from sign %(place)s on."),
    "not_an_object": gettext_noop("Line %(line)s of “%(file)s” is not a JSON object; write one object per line."),
    "no_such_column": gettext_noop("“%(file)s” has no column “%(column)s”. It has: %(names)s."),
    "duplicate_name": gettext_noop("Line %(line)s of “%(file)s” has the name “%(column)s” twice; remove one."),
    "encoding_no_mark": gettext_noop(
        "“%(file)s” looks like UTF-16 without the mark at its beginning that says so; save it with the encoding UTF-8, "
        "or as UTF-16 with that mark (BOM)."
    ),
    "encoding_sixteen": gettext_noop(
        "“%(file)s” says that it is UTF-16, but is not, near line %(line)s; save it with the encoding UTF-8."
    ),
    "long_line": gettext_noop(
        "Line %(line)s of “%(file)s” is longer than %(megabytes)s MB; put each row on a line of its own."
    ),
    "many_columns": gettext_noop(
        "“%(file)s” has %(count)s columns; a dataset has %(most)s at most. Leave some out, or give names and values a "
        "row each."
    ),
    "no_field_ids": gettext_noop(
        "“%(file)s” does not say by number which of its columns is “%(column)s”; give the table a name mapping, or "
        "write its files anew."
    ),
    "nested_rename": gettext_noop(
        "A part of the column “%(column)s” has been renamed to “%(part)s” since “%(file)s” was written; write the "
        "table's files anew."
    ),
    "feather_one": gettext_noop(
        "“%(file)s” is of Feather's first version, which nobody writes any more; save it as Feather V2 or Parquet."
    ),
    "arrow_type": gettext_noop(
        "The column “%(column)s” of “%(file)s” is of the Arrow type %(type)s, which no dataset holds; convert it or "
        "leave it out."
    ),
    "arrow_value": gettext_noop(
        "The column “%(column)s” of “%(file)s” has a value in batch %(batch)s that the type %(type)s cannot hold."
    ),
    "excel_password": gettext_noop("“%(file)s” asks for a password; save it without one, it is sealed here."),
    "excel_large": gettext_noop(
        "“%(file)s” is too large for a spreadsheet: it is read whole, up to %(megabytes)s MB. Save the sheet as CSV in "
        "UTF-8 and upload that."
    ),
    "excel_memory": gettext_noop(
        "“%(file)s” needs more than %(memory)s MB to be read, since a spreadsheet is read whole. Save the sheet as CSV "
        "in UTF-8 and upload that."
    ),
    "excel_no_sheet": gettext_noop("“%(file)s” has no sheet with cells."),
    "excel_sheet": gettext_noop("“%(file)s” has no sheet “%(sheet)s”; its sheets are: %(known)s."),
    "excel_empty": gettext_noop(
        "Sheet “%(sheet)s” of “%(file)s” is empty; name another sheet where there are several."
    ),
    "excel_no_rows": gettext_noop("Sheet “%(sheet)s” of “%(file)s” has names in row %(line)s, but no rows below them."),
    "excel_no_header": gettext_noop(
        "Row %(line)s of sheet “%(sheet)s” in “%(file)s” holds numbers where the names of the columns should be; put a "
        "row of names first."
    ),
    "excel_merged": gettext_noop(
        "The cells %(cells)s of sheet “%(sheet)s” in “%(file)s” are merged; unmerge them and give each its own value."
    ),
    "excel_unnamed_column": gettext_noop(
        "Cell %(cell)s of sheet “%(sheet)s” in “%(file)s” should name its column and is empty; write a name there."
    ),
    "excel_bad_name": gettext_noop(
        "The name in cell %(cell)s of sheet “%(sheet)s” in “%(file)s” is longer than 200 signs or holds control signs; "
        "shorten it."
    ),
    "excel_duplicate_column": gettext_noop(
        "Sheet “%(sheet)s” of “%(file)s” has the column “%(column)s” twice, in cells %(first)s and %(cell)s; rename or "
        "remove one."
    ),
    "not_parquet": gettext_noop("“%(file)s” is not a Parquet file; upload it under the format that it has."),
    "encrypted_parquet": gettext_noop("“%(file)s” is encrypted Parquet; upload it unencrypted, it is sealed here."),
    "zip_encrypted": gettext_noop("“%(file)s” asks for a password; make the zip without one."),
    "zip_many": gettext_noop("“%(file)s” holds %(count)s files; put one table into it."),
    "zip_tables": gettext_noop(
        "“%(file)s” holds %(count)s tables (CSV, JSON lines, Parquet, Arrow, Excel); a zip must hold exactly one."
    ),
    "zip_path": gettext_noop("“%(file)s” holds “%(name)s”, which points outside the archive; make the zip anew."),
    "zip_link": gettext_noop("“%(file)s” holds “%(name)s”, a link; put the file itself into the zip."),
    "tar_twice": gettext_noop(
        "“%(file)s” holds “%(name)s” twice. Leave one of the two out, or give them names of their own."
    ),
    "tar_many": gettext_noop("“%(file)s” holds more than %(most)s files. Send several folders, one after the other."),
    "member_name": gettext_noop(
        "“%(file)s” holds “%(name)s”, whose name has signs that cannot be seen; give it another name."
    ),
    "too_much": gettext_noop(
        "“%(file)s” would become more than %(megabytes)s MB of rows, over a thousand times its size; send it in parts."
    ),
    "zip_bomb": gettext_noop("“%(file)s” grows past %(megabytes)s MB when unpacked; upload the table without a zip."),
    "memory": gettext_noop("“%(file)s” needs more than %(memory)s MB to be read; upload it as Parquet or in parts."),
    "no_room": gettext_noop(
        "“%(file)s” was not read, since this machine's disk is full. Ask whoever runs it to make room, then try again."
    ),
    "damaged": gettext_noop("“%(file)s” is damaged or not of the format %(format)s; export it again and upload that."),
    "time": gettext_noop("“%(file)s” could not be read within %(seconds)g seconds; upload it in parts."),
}


def refusal(said: dict[str, Any], title: str, format: str, limits: Limits, *, timed_out: bool) -> FileRefused:
    """The refusal that the child's outcome tells of."""
    kind = "time" if timed_out else str(said.get("refused") or "")
    if said.get("error") == "Result Too Large":
        kind = "too_much"
    if not kind:
        kind = "memory" if not said or said.get("failed") == "MemoryError" else "damaged"
    if kind == "memory" and format == "excel":
        kind = "excel_memory"
    if kind == "encoding" and said.get("guess"):
        kind = "encoding_guess"
    facts = {key: value for key, value in said.items() if key not in ("refused", "walls")}
    known = {"format": _("given"), "memory": limits.memory_mb, "seconds": limits.seconds, "file": title}
    known["megabytes"] = limits.result_mb
    try:
        return FileRefused(kept(_SENTENCES[kind]) % {**known, **facts}, details={"kind": kind, **facts})
    except (KeyError, TypeError, ValueError):  # a child that was taken over says anything
        return FileRefused(kept(_SENTENCES["damaged"]) % known, details={"kind": "damaged"})
