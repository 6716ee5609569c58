from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ExpectationKind(TextChoices):
    """What can be expected of a dataset's rows, and of the table as a whole."""

    NOT_NULL = "not_null", _("No missing values")
    UNIQUE = "unique", _("Unique")
    IN_RANGE = "in_range", _("In a range")
    IN_SET = "in_set", _("One of a set")
    MATCHES_REGEX = "matches_regex", _("Matches a pattern")
    LENGTH = "length", _("Length of the text")
    TYPE = "type", _("Kind of values")
    FOREIGN_KEY = "foreign_key", _("Found in another dataset")
    SQL_CONDITION = "sql_condition", _("SQL condition for each row")
    SQL_ROWS = "sql_rows", _("SQL query that finds bad rows")
    FRESHNESS = "freshness", _("Fresh")
    ROW_COUNT = "row_count", _("Number of rows")
    DISTRIBUTION = "distribution", _("Spread as in the last version")


# They judge the table as a whole: no row of it is at fault, so none can be set aside.
TABLE_KINDS = frozenset({ExpectationKind.FRESHNESS, ExpectationKind.ROW_COUNT, ExpectationKind.DISTRIBUTION})


class Severity(TextChoices):
    WARN = "warn", _("Warn")
    QUARANTINE = "quarantine", _("Quarantine the rows")
    BLOCK = "block", _("Block the version")


class ValueFamily(TextChoices):
    """What a column's values can be read as."""

    WHOLE = "whole", _("whole numbers")
    NUMBER = "number", _("numbers")
    TEXT = "text", _("text")
    BOOLEAN = "boolean", _("yes or no")
    DATE = "date", _("dates")
    TIME = "time", _("moments")


class ShiftMeasure(TextChoices):
    """How far the values moved: population stability index, or the largest gap between cumulative shares."""

    PSI = "psi", _("population stability index")
    KS = "ks", _("largest gap of cumulative shares")


class ResultState(TextChoices):
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")
    # Its column is gone, its SQL does not run, there is no other dataset: nobody knows, so it counts as failed.
    UNCHECKED = "unchecked", _("Could not be checked")
    # Never kept: how it ended is not told to whoever sees masks.
    WITHHELD = "withheld", _("Not shown to you")


class ReportOutcome(TextChoices):
    PASSED = "passed", _("All passed")
    WARNED = "warned", _("Passed with warnings")
    QUARANTINED = "quarantined", _("Rows in quarantine")
    BLOCKED = "blocked", _("Blocked")
    # Never kept: all that the reader may know of passed.
    WITHHELD = "withheld", _("Not all shown to you")
