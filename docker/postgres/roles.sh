#!/bin/bash
# Runs once, when the database is made: an owner that migrates, and the portal's own role that owns nothing, so that
# row-level security holds for it.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$SANAD_OWNER_PASSWORD" --set portal_password="$SANAD_PORTAL_PASSWORD" <<'SQL'
CREATE ROLE sanad_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE sanad_portal LOGIN PASSWORD :'portal_password';
CREATE DATABASE sanad OWNER sanad_owner;
SQL
