-- Run once over the catalogue of one tenant's lake, {s} being its schema, right after DuckLake made its tables and after
-- seal_keys.sql.
--
-- DuckLake keeps the key of each Parquet file in the catalogue, in clear. Here the two tables that hold keys are put
-- aside as sealed_* and views of the old names take their place: reading opens a key, inserting seals it.

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
