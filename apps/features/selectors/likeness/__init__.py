"""How alike two features are, and which features of a project are like one."""

from apps.features.selectors.likeness.finding import (
    Alike,
    alike,
    described_as_new,
    like_feature,
    like_new,
    source_names,
)
from apps.features.selectors.likeness.scoring import SIMILAR, Described, Likeness, Reason, compare_names, likeness

__all__ = [
    "SIMILAR",
    "Alike",
    "Described",
    "Likeness",
    "Reason",
    "alike",
    "compare_names",
    "described_as_new",
    "like_feature",
    "like_new",
    "likeness",
    "source_names",
]
