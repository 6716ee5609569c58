"""What an engine can refuse or fail at, in words."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from foundation.errors import AccessDenied, Invalid, NotFound, Unavailable


class EngineUnavailable(Unavailable):
    """The engine itself does not answer, or could not start a workload."""

    slug = "engine-unavailable"


class DoorMissing(EngineUnavailable):
    """The socket through which workloads reach the portal is not there."""

    def __init__(self, path: Path) -> None:
        sentence = _("The portal's door %(path)s is missing: start the gateway, which opens it.")
        super().__init__(sentence % {"path": path})


class ImageMissing(Unavailable):
    slug = "image-missing"
    again_s = 60

    def __init__(self, image: str) -> None:
        sentence = _("The container image %(image)s is not on this machine. Build it with: python docker/build.py")
        super().__init__(sentence % {"image": image}, details={"image": image})
        self.image = image


class IsolationMissing(AccessDenied):
    """Own code was asked for on a machine that cannot wall it off."""

    slug = "isolation-missing"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Own code cannot run on this engine: the portal is not root here and the kernel allows no user "
                "namespaces, so nothing would keep it from the portal's files. Use COMPUTE_ENGINE=docker, or a recipe."
            )
        )


class WorkloadMissing(NotFound):
    slug = "workload-missing"

    def __init__(self, name: str) -> None:
        super().__init__(_("There is no workload named %(name)s on this engine.") % {"name": name})


class SpecRefused(Invalid):
    """The specification itself cannot be started by any engine."""

    slug = "workload-refused"
