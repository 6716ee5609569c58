-- Run once over the catalogue of one tenant's lake, {s} being its schema, right after DuckLake made its tables.
--
-- DuckLake keeps the key of each Parquet file in the catalogue, in clear. Here the two tables that hold keys are put
-- aside as sealed_* and views of the old names take their place: reading opens a key, inserting seals it. The key of
-- keys comes with the session alone (sanad.ki and sanad.ko: the tenant's lake key, xored with HMAC's two pads, in hex)
-- and is never stored in PostgreSQL. The wrap is encrypt-then-MAC with HMAC-SHA256 out of the built-in sha256(); its pad
-- is used once, since each file has a path of its own (a fresh UUIDv7), and it is bound to that path.

CREATE FUNCTION {s}.sanad_hmac(message bytea) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT sha256(decode(current_setting('sanad.ko'), 'hex')
    || sha256(decode(current_setting('sanad.ki'), 'hex') || message)) $$;

CREATE FUNCTION {s}.sanad_xor(a bytea, b bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT int8send((('x' || encode(substr(a, 1, 8), 'hex'))::bit(64) # ('x' || encode(substr(b, 1, 8), 'hex'))::bit(64))::bigint)
      || int8send((('x' || encode(substr(a, 9, 8), 'hex'))::bit(64) # ('x' || encode(substr(b, 9, 8), 'hex'))::bit(64))::bigint) $$;

CREATE FUNCTION {s}.sanad_seal(path text, key text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
  DECLARE
    clear bytea := decode(key, 'base64');
    hidden bytea;
  BEGIN
    IF key IS NULL THEN RETURN NULL; END IF;
    IF octet_length(clear) <> 16 THEN RAISE EXCEPTION 'the lake seals file keys of 16 bytes, not of %', octet_length(clear); END IF;
    hidden := {s}.sanad_xor(clear, {s}.sanad_hmac(convert_to('pad:' || path, 'UTF8')));
    RETURN encode(hidden || substr({s}.sanad_hmac(convert_to('mac:' || path, 'UTF8') || hidden), 1, 16), 'base64');
  END $$;

CREATE FUNCTION {s}.sanad_open(path text, sealed text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
  DECLARE
    bytes bytea := decode(sealed, 'base64');
    hidden bytea := substr(bytes, 1, 16);
  BEGIN
    IF sealed IS NULL THEN RETURN NULL; END IF;
    IF substr({s}.sanad_hmac(convert_to('mac:' || path, 'UTF8') || hidden), 1, 16) <> substr(bytes, 17) THEN
      RAISE EXCEPTION 'the sealed key of % was changed, or belongs to another file or tenant', path;
    END IF;
    RETURN encode({s}.sanad_xor(hidden, {s}.sanad_hmac(convert_to('pad:' || path, 'UTF8'))), 'base64');
  END $$;

ALTER TABLE {s}.ducklake_data_file RENAME TO sealed_data_file;
ALTER TABLE {s}.ducklake_delete_file RENAME TO sealed_delete_file;

-- DuckLake's expiry deletes by ctid, so the views show it, last. Updates and deletes pass through by themselves.
CREATE VIEW {s}.ducklake_data_file AS
  SELECT data_file_id, table_id, begin_snapshot, end_snapshot, file_order, path, path_is_relative, file_format,
    record_count, file_size_bytes, footer_size, row_id_start, partition_id,
    {s}.sanad_open(path, encryption_key)::varchar AS encryption_key, mapping_id, partial_max, ctid
  FROM {s}.sealed_data_file;

CREATE VIEW {s}.ducklake_delete_file AS
  SELECT delete_file_id, table_id, begin_snapshot, end_snapshot, data_file_id, path, path_is_relative, format,
    delete_count, file_size_bytes, footer_size,
    {s}.sanad_open(path, encryption_key)::varchar AS encryption_key, partial_max, ctid
  FROM {s}.sealed_delete_file;

CREATE FUNCTION {s}.sanad_insert_data_file() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO {s}.sealed_data_file VALUES (NEW.data_file_id, NEW.table_id, NEW.begin_snapshot, NEW.end_snapshot,
      NEW.file_order, NEW.path, NEW.path_is_relative, NEW.file_format, NEW.record_count, NEW.file_size_bytes,
      NEW.footer_size, NEW.row_id_start, NEW.partition_id, {s}.sanad_seal(NEW.path, NEW.encryption_key),
      NEW.mapping_id, NEW.partial_max);
    RETURN NEW;
  END $$;

CREATE FUNCTION {s}.sanad_insert_delete_file() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO {s}.sealed_delete_file VALUES (NEW.delete_file_id, NEW.table_id, NEW.begin_snapshot, NEW.end_snapshot,
      NEW.data_file_id, NEW.path, NEW.path_is_relative, NEW.format, NEW.delete_count, NEW.file_size_bytes,
      NEW.footer_size, {s}.sanad_seal(NEW.path, NEW.encryption_key), NEW.partial_max);
    RETURN NEW;
  END $$;

CREATE TRIGGER sanad_insert INSTEAD OF INSERT ON {s}.ducklake_data_file
  FOR EACH ROW EXECUTE FUNCTION {s}.sanad_insert_data_file();
CREATE TRIGGER sanad_insert INSTEAD OF INSERT ON {s}.ducklake_delete_file
  FOR EACH ROW EXECUTE FUNCTION {s}.sanad_insert_delete_file();

-- Smallest and largest values of a column are values: they never reach the catalogue.
CREATE FUNCTION {s}.sanad_no_values() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN NEW.min_value := NULL; NEW.max_value := NULL; NEW.extra_stats := NULL; RETURN NEW; END $$;

CREATE TRIGGER sanad_no_values BEFORE INSERT OR UPDATE ON {s}.ducklake_file_column_stats
  FOR EACH ROW EXECUTE FUNCTION {s}.sanad_no_values();
CREATE TRIGGER sanad_no_values BEFORE INSERT OR UPDATE ON {s}.ducklake_table_column_stats
  FOR EACH ROW EXECUTE FUNCTION {s}.sanad_no_values();
CREATE TRIGGER sanad_no_values BEFORE INSERT OR UPDATE ON {s}.ducklake_file_variant_stats
  FOR EACH ROW EXECUTE FUNCTION {s}.sanad_no_values();
