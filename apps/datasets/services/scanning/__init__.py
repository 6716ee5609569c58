"""What kind of personal data a column holds, by its name and by a sample of its values, in English and Arabic."""

from apps.datasets.services.scanning.columns import Finding, Sampled, scan

__all__ = ["Finding", "Sampled", "scan"]
