"""Triggers: no event, place or checkpoint is ever changed or removed, and every event is stamped and queued."""

from django.db import migrations

APPEND_ONLY = ["ledger_ledgerevent", "ledger_ledgerplace", "ledger_checkpoint"]

_REFUSE = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger is append-only: % on % is refused, for its owner too.', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
"""

# Statement triggers: they speak even where row-level security shows no row. ALWAYS: also under replication roles.
_GUARD = """
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER ledger_append_only;
"""

_STAMP = """
CREATE FUNCTION ledger_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recorded_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_stamp BEFORE INSERT ON ledger_ledgerevent FOR EACH ROW EXECUTE FUNCTION ledger_stamp();
CREATE FUNCTION ledger_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger_pendingevent (tenant_id, event_id) VALUES (NEW.tenant_id, NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_queue AFTER INSERT ON ledger_ledgerevent FOR EACH ROW EXECUTE FUNCTION ledger_queue();
"""

_UNSTAMP = """
DROP TRIGGER ledger_queue ON ledger_ledgerevent;
DROP TRIGGER ledger_stamp ON ledger_ledgerevent;
DROP FUNCTION ledger_queue();
DROP FUNCTION ledger_stamp();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(_REFUSE, "DROP FUNCTION ledger_refuse_change()"),
        *[
            migrations.RunSQL(_GUARD.format(table=table), f"DROP TRIGGER ledger_append_only ON {table}")
            for table in APPEND_ONLY
        ],
        migrations.RunSQL(_STAMP, _UNSTAMP),
    ]
