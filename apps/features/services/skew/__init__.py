"""What was served is compared with what the lake says it was at that moment: training and serving see the same."""

from apps.features.services.skew.checking import check_served, watch_skew
from apps.features.services.skew.comparing import Compared, compared
from apps.features.services.skew.sampling import keep_samples, put_samples

__all__ = ["Compared", "check_served", "compared", "keep_samples", "put_samples", "watch_skew"]
