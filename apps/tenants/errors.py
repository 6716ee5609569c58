from foundation.errors import AccessDenied, Conflict, OverQuota, PortalError


class SignInRefused(AccessDenied):
    """E-mail and password do not belong together; it is not said which of them is wrong."""


class FactorRefused(SignInRefused):
    """The second factor that was shown is not one of this person, or was heard before."""


class TooManyAttempts(OverQuota):
    """Too many failed sign-ins; the sentence says when the next one is heard."""


class LastAdministrator(Conflict):
    """Without them nobody could administer the tenant, or nobody whom its identity provider does not let in."""

    noted = True


class MemberGone(Conflict):
    """Somebody else took the place away meanwhile."""


class OverBudget(OverQuota):
    """A hard limit is reached, so no new work begins; what runs and serves goes on."""

    slug = "over-budget"


class ProviderRefused(AccessDenied):
    """What came of an identity provider opens nothing; `reason` is a word for the ledger, `claim` the faulty claim."""

    slug = "identity-provider-refused"

    def __init__(self, sentence: object, *, reason: str, claim: str = "") -> None:
        super().__init__(sentence, details={"reason": reason, **({"claim": claim} if claim else {})})
        self.reason, self.claim = reason, claim


class ProvisionRefused(PortalError):
    """What SCIM asked for is not done; `reason` is SCIM's own word for it where it has one, else ours."""

    slug = "provisioning-refused"

    def __init__(self, sentence: object, *, reason: str, status: int = 400) -> None:
        super().__init__(sentence, details={"reason": reason})
        self.reason, self.status = reason, status
