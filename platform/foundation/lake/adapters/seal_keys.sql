-- How the keys of files are sealed in the catalogue of one tenant's lake, {s} being its schema. May be run again.
--
-- The keys of keys come with the session alone (sanad.number: which one seals; sanad.ki_N and sanad.ko_N: the lake's key
-- N, xored with HMAC's two pads, in hex) and are never stored in PostgreSQL. What is sealed says under which one, as
-- `N:base64`; without a number it was sealed by the first releases, which is 0 here. The wrap is encrypt-then-MAC with
-- HMAC-SHA256 out of the built-in sha256(); its pad is used once, since each file has a path of its own (a fresh UUIDv7),
-- and it is bound to that path. To destroy some files' keys, the others are sealed anew under the next N: with key N no
-- wrap opens that lies in dead rows, in the write-ahead log or in backups.

CREATE OR REPLACE FUNCTION {s}.sanad_hmac(number integer, message bytea) RETURNS bytea LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
  DECLARE
    outside bytea := decode(current_setting('sanad.ko_' || number, true), 'hex');
    inside bytea := decode(current_setting('sanad.ki_' || number, true), 'hex');
  BEGIN
    IF inside IS NULL THEN RAISE EXCEPTION 'key % of the lake is not in this session: it was made later, or destroyed', number; END IF;
    RETURN sha256(outside || sha256(inside || message));
  END $$;

CREATE OR REPLACE FUNCTION {s}.sanad_xor(a bytea, b bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT int8send((('x' || encode(substr(a, 1, 8), 'hex'))::bit(64) # ('x' || encode(substr(b, 1, 8), 'hex'))::bit(64))::bigint)
      || int8send((('x' || encode(substr(a, 9, 8), 'hex'))::bit(64) # ('x' || encode(substr(b, 9, 8), 'hex'))::bit(64))::bigint) $$;

CREATE OR REPLACE FUNCTION {s}.sanad_seal(path text, key text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
  DECLARE
    number integer := current_setting('sanad.number')::integer;
    clear bytea := decode(key, 'base64');
    hidden bytea;
  BEGIN
    IF key IS NULL THEN RETURN NULL; END IF;
    IF octet_length(clear) <> 16 THEN RAISE EXCEPTION 'the lake seals file keys of 16 bytes, not of %', octet_length(clear); END IF;
    hidden := {s}.sanad_xor(clear, {s}.sanad_hmac(number, convert_to('pad:' || path, 'UTF8')));
    RETURN number || ':' || encode(hidden || substr({s}.sanad_hmac(number, convert_to('mac:' || path, 'UTF8') || hidden), 1, 16), 'base64');
  END $$;

CREATE OR REPLACE FUNCTION {s}.sanad_open(path text, sealed text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
  DECLARE
    number integer := CASE WHEN strpos(sealed, ':') > 0 THEN split_part(sealed, ':', 1)::integer ELSE 0 END;
    bytes bytea := decode(substr(sealed, strpos(sealed, ':') + 1), 'base64');
    hidden bytea := substr(bytes, 1, 16);
  BEGIN
    IF sealed IS NULL THEN RETURN NULL; END IF;
    IF substr({s}.sanad_hmac(number, convert_to('mac:' || path, 'UTF8') || hidden), 1, 16) <> substr(bytes, 17) THEN
      RAISE EXCEPTION 'the sealed key of % was changed, or belongs to another file or tenant', path;
    END IF;
    RETURN encode({s}.sanad_xor(hidden, {s}.sanad_hmac(number, convert_to('pad:' || path, 'UTF8'))), 'base64');
  END $$;
