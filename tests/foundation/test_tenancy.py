import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext

from foundation.access.models import Membership
from foundation.tenancy import current_tenant_id, every_tenant, reading, scope
from foundation.tenancy.models import Tenant
from foundation.tenancy.row_security import protected_models
from tests.support.people import make_person


def raw_count(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def test_raw_sql_of_the_portals_role_sees_no_other_tenant(tenant, other_tenant):
    make_person(tenant, "viewer")
    make_person(other_tenant, "viewer")
    assert raw_count("access_membership") == 1
    with scope(other_tenant.pk):
        assert raw_count("access_membership") == 1
    with scope(None):
        assert raw_count("access_membership") == 0
        assert raw_count("tenancy_tenant") == 0


def test_a_row_for_another_tenant_is_refused_by_the_database(tenant, other_tenant, viewer):
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Membership.objects.create(tenant=other_tenant, user=viewer.user, role="admin")


def test_a_nested_scope_gives_the_outer_one_back(tenant, other_tenant):
    with scope(other_tenant.pk):
        assert current_tenant_id() == other_tenant.pk
    assert current_tenant_id() == tenant.pk


def test_whoever_reads_in_a_scope_sets_it_where_it_is_another_alone(tenant, other_tenant):
    with CaptureQueriesContext(connection) as asked, reading(tenant.pk):
        assert current_tenant_id() == tenant.pk
    assert len(asked) == 2, "no savepoint, nothing set"
    with reading(other_tenant.pk):
        assert current_tenant_id() == other_tenant.pk
    with scope(None), reading(tenant.pk):
        assert current_tenant_id() == tenant.pk
    assert current_tenant_id() == tenant.pk


def test_the_registry_lists_tenants_for_the_system_and_then_closes(tenant, other_tenant):
    assert {t.slug for t in every_tenant()} == {"acme", "other"}
    assert Tenant.objects.count() == 1


def test_every_protected_table_has_forced_row_security(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        forced = {row[0] for row in cursor.fetchall()}
    assert {m._meta.db_table for m in protected_models()} <= forced


def test_the_portals_role_owns_nothing_and_cannot_bypass(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, (SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
            " WHERE r.rolname = current_user)"
        )
        assert cursor.fetchone() == ("sanad_portal", 0)
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
