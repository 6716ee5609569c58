from __future__ import annotations

from django.db.models import TextChoices


class FileFormat(TextChoices):
    CSV = "csv", "CSV"
    PARQUET = "parquet", "Parquet"
    JSON_LINES = "jsonl", "JSON Lines"
    ARROW = "arrow", "Arrow"
    EXCEL = "excel", "Excel"
    FOLDER = "tar", "tar"


# What a file's ending says of its format; a zip or gzip is opened and its content looked at again.
FORMAT_OF_ENDING = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".txt": FileFormat.CSV,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
    ".jsonl": FileFormat.JSON_LINES,
    ".ndjson": FileFormat.JSON_LINES,
    ".arrow": FileFormat.ARROW,
    ".arrows": FileFormat.ARROW,
    ".feather": FileFormat.ARROW,
    ".ipc": FileFormat.ARROW,
    ".xlsx": FileFormat.EXCEL,
    ".xlsm": FileFormat.EXCEL,
    ".xls": FileFormat.EXCEL,
    ".xlsb": FileFormat.EXCEL,
    ".ods": FileFormat.EXCEL,
    ".tar": FileFormat.FOLDER,
}
# Of these a beginning says nothing: they are looked into whole.
READ_WHOLE = frozenset({FileFormat.PARQUET, FileFormat.ARROW, FileFormat.EXCEL, FileFormat.FOLDER})
ARCHIVES = frozenset({".zip", ".gz"})
ACCEPTED_ENDINGS = (*FORMAT_OF_ENDING, *sorted(ARCHIVES))
