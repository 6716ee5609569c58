"""A person's data taken out of a project: look where it is, have it erased, and say afterwards what was erased where.

Datasets know versions alone. What upper apps made of them (feature views, training sets, inference logs, runs, models)
is reached through what these apps register (`register_reach`).
"""

from apps.datasets.services.erasing.across import InProject, erase_in_projects, find_in_projects, nowhere_at_all
from apps.datasets.services.erasing.archives import ArchiveReach
from apps.datasets.services.erasing.asking import erase_person, find_person, go_on_erasing
from apps.datasets.services.erasing.ending import summary_lines
from apps.datasets.services.erasing.explaining import nowhere
from apps.datasets.services.erasing.mentions import MentionReach, naming
from apps.datasets.services.erasing.quarantines import QuarantineReach
from apps.datasets.services.erasing.reaching import Reach, Reached, Search, as_text, register_reach, successor_id
from apps.datasets.services.erasing.remembering import NOBODY, ErasedPeople, erased_people
from apps.datasets.services.erasing.running import run_erasure
from apps.datasets.services.erasing.versions import VersionReach

__all__ = [
    "NOBODY",
    "ArchiveReach",
    "ErasedPeople",
    "InProject",
    "MentionReach",
    "QuarantineReach",
    "Reach",
    "Reached",
    "Search",
    "VersionReach",
    "as_text",
    "erase_in_projects",
    "erase_person",
    "erased_people",
    "find_in_projects",
    "find_person",
    "go_on_erasing",
    "naming",
    "nowhere",
    "nowhere_at_all",
    "register_reach",
    "run_erasure",
    "successor_id",
    "summary_lines",
]
