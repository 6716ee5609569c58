"""What is expected of a dataset's rows, and the step in which every version is held to it."""

from apps.datasets.services.validation.expectations import Expectation, checked, checked_one, read, sound
from apps.datasets.services.validation.measuring import Asked, Before, Measured, Result, measure
from apps.datasets.services.validation.suggesting import Suggestion, suggest
from apps.datasets.services.validation.suites import (
    SuiteChange,
    changes_between,
    expectations_of,
    restore_suite,
    save_suite,
    try_suite,
)
from apps.datasets.services.validation.validating import outcome_of, validate
from apps.datasets.services.validation.wording import sentence, told

__all__ = [
    "Asked",
    "Before",
    "Expectation",
    "Measured",
    "Result",
    "Suggestion",
    "SuiteChange",
    "changes_between",
    "checked",
    "checked_one",
    "expectations_of",
    "measure",
    "outcome_of",
    "read",
    "restore_suite",
    "save_suite",
    "sentence",
    "sound",
    "suggest",
    "told",
    "try_suite",
    "validate",
]
