"""The rows of the datasets app."""

from apps.datasets.models.datasets import Dataset, DatasetVersion
from apps.datasets.models.erasures import ErasedThing, Erasure
from apps.datasets.models.governance import LegalHold, RetentionRule, VersionTag
from apps.datasets.models.uploads import Upload

__all__ = [
    "Dataset",
    "DatasetVersion",
    "ErasedThing",
    "Erasure",
    "LegalHold",
    "RetentionRule",
    "Upload",
    "VersionTag",
]
