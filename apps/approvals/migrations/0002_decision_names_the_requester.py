"""The requester that a decision names is the case's own: the check that they differ cannot be talked around."""

from django.db import migrations

FORWARDS = """
ALTER TABLE approvals_decision ADD CONSTRAINT decision_of_the_requester_asked
  FOREIGN KEY (case_id, requester_id) REFERENCES approvals_approvalcase (id, requester_id) DEFERRABLE INITIALLY IMMEDIATE;
"""
BACKWARDS = "ALTER TABLE approvals_decision DROP CONSTRAINT decision_of_the_requester_asked;"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
