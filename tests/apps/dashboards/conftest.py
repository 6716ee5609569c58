from tests.apps.compliance.conftest import chain, own_record

__all__ = ["chain", "own_record"]
