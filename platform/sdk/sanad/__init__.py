"""The Python client of Sanad: data, features, runs, models, approvals, deployments, monitoring and reports.

import sanad
client = sanad.Client("https://portal.example", token="snd_…", project="flights")
version = client.datasets.push("flights.csv", name="flights")
"""

from sanad.client import Client
from sanad.errors import Denied, Failed, NotFound, Refused, SanadError, Unreachable

__all__ = ["Client", "Denied", "Failed", "NotFound", "Refused", "SanadError", "Unreachable"]
__version__ = "0.1.0"
