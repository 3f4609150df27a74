\echo Use "CREATE EXTENSION leadcrm" to load this file. \quit

-- A plain CREATE: a schema made beforehand by somebody else stops the
-- installation instead of being adopted.
CREATE SCHEMA leadcrm;
COMMENT ON SCHEMA leadcrm IS 'leadcrm: types, triggers and functions that run sales leads inside the database';
GRANT USAGE ON SCHEMA leadcrm TO PUBLIC;

SET LOCAL search_path TO pg_catalog, pg_temp;
