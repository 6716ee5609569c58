"""The client: one object per kind of thing, each method one act of the portal's REST surface."""

from __future__ import annotations

from sanad.bin import Bin
from sanad.connections import Connections
from sanad.costs import Budgets, Prices, Quotas, Usage
from sanad.data import Datasets
from sanad.erasures import Erasures
from sanad.exports import Exports
from sanad.feature_definitions import FeatureDefinitions, FeatureServices
from sanad.features import Features
from sanad.governance import Approvals, Ledger, Monitoring, Reports
from sanad.ingestions import Ingestions
from sanad.keys import Keys
from sanad.models import Deployments, Models, Runs
from sanad.on_demand import OnDemand
from sanad.projects import Groups, Members, ProjectRoles, Projects, ServiceAccounts, Tokens
from sanad.saved_filters import SavedFilters
from sanad.single_sign_on import EmailDomains, IdentityProviders
from sanad.streams import Streams
from sanad.support import Support
from sanad.tenant import Tenant
from sanad.training_sets import TrainingSets
from sanad.transformations import Transformations
from sanad.transport import Transport
from sanad.validation import Contracts, Quarantines, Suites
from sanad.webhooks import Webhooks


class Client:
    """A portal, seen with one token and, where it matters, one project.

    `url` is the portal's address, `token` begins with snd_, `project` is a project's short name.
    """

    def __init__(self, url: str, token: str, project: str = "", *, timeout_s: float = 60.0) -> None:
        self.transport = Transport(url, token, timeout_s=timeout_s)
        self.project = project
        self.projects = Projects(self)
        self.tenant = Tenant(self)
        self.members = Members(self)
        self.tokens = Tokens(self)
        self.groups = Groups(self)
        self.project_roles = ProjectRoles(self)
        self.service_accounts = ServiceAccounts(self)
        self.identity_providers = IdentityProviders(self)
        self.email_domains = EmailDomains(self)
        self.webhooks = Webhooks(self)
        self.bin = Bin(self)
        self.keys = Keys(self)
        self.support = Support(self)
        self.exports = Exports(self)
        self.connections = Connections(self)
        self.streams = Streams(self)
        self.ingestions = Ingestions(self)
        self.datasets = Datasets(self)
        self.transformations = Transformations(self)
        self.suites = Suites(self)
        self.contracts = Contracts(self)
        self.quarantines = Quarantines(self)
        self.erasures = Erasures(self)
        self.features = Features(self)
        self.feature_services = FeatureServices(self)
        self.feature_definitions = FeatureDefinitions(self)
        self.on_demand = OnDemand(self)
        self.training_sets = TrainingSets(self)
        self.runs = Runs(self)
        self.models = Models(self)
        self.approvals = Approvals(self)
        self.deployments = Deployments(self)
        self.monitoring = Monitoring(self)
        self.reports = Reports(self)
        self.usage = Usage(self)
        self.quotas = Quotas(self)
        self.budgets = Budgets(self)
        self.prices = Prices(self)
        self.ledger = Ledger(self)
        self.saved_filters = SavedFilters(self)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a client that is used with `with` does so by itself."""
        self.transport.http.close()

    @property
    def url(self) -> str:
        return self.transport.url

    def in_project(self, slug: str) -> Client:
        """The same portal and token, looking at another project."""
        return Client(self.url, self.transport.token, slug)
