"""The rows of the datasets app."""

from apps.datasets.models.contracts import Breach, Contract
from apps.datasets.models.datasets import Dataset, DatasetVersion
from apps.datasets.models.erasures import ErasedThing, Erasure
from apps.datasets.models.governance import LegalHold, RetentionRule, VersionTag
from apps.datasets.models.ingestions import Ingestion
from apps.datasets.models.transformations import Transformation, TransformationDefinition, TransformationPass
from apps.datasets.models.uploads import Upload
from apps.datasets.models.validation import Quarantine, Suite, ValidationReport, quarantine_table

__all__ = [
    "Breach",
    "Contract",
    "Dataset",
    "DatasetVersion",
    "ErasedThing",
    "Erasure",
    "Ingestion",
    "LegalHold",
    "Quarantine",
    "RetentionRule",
    "Suite",
    "Transformation",
    "TransformationDefinition",
    "TransformationPass",
    "Upload",
    "ValidationReport",
    "VersionTag",
    "quarantine_table",
]
