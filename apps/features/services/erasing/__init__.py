"""A person taken out of what was made of versions: feature views with their values online, and training sets.

Each that was made of a reached version is destroyed whole, as versions are; the newest, and what it is made of, is
made anew from the successors by its own definition.
"""

from apps.features.services.erasing.mentions import ViewMentionReach
from apps.features.services.erasing.training_sets import TrainingSetReach
from apps.features.services.erasing.views import ViewReach
from apps.features.services.erasing.windows import WindowReach

__all__ = ["TrainingSetReach", "ViewMentionReach", "ViewReach", "WindowReach"]
