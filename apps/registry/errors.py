from foundation.errors import Conflict


class ArtifactRefused(Conflict):
    """An artifact that is not what was signed, or was not signed at all; the sentence names the file."""
