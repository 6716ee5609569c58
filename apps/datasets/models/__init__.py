"""The rows of the datasets app."""

from apps.datasets.models.datasets import Dataset, DatasetVersion
from apps.datasets.models.erasures import ErasedThing, Erasure
from apps.datasets.models.governance import LegalHold, RetentionRule, VersionTag
from apps.datasets.models.ingestions import Ingestion
from apps.datasets.models.transformations import Transformation, TransformationDefinition, TransformationPass
from apps.datasets.models.uploads import Upload

__all__ = [
    "Dataset",
    "DatasetVersion",
    "ErasedThing",
    "Erasure",
    "Ingestion",
    "LegalHold",
    "RetentionRule",
    "Transformation",
    "TransformationDefinition",
    "TransformationPass",
    "Upload",
    "VersionTag",
]
