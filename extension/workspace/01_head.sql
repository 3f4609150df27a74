-- The template of a workspace: everything a user's CRM is made of.
--
-- It runs as the caller of leadcrm.create_workspace(), with search_path set to
-- the new schema and pg_temp; no name of a schema is ever written into it.
-- Its parts are divided by marks.  "tables" runs once.  "code" (functions and
-- triggers) and "views" (views, policies) can run again at any time and then
-- change nothing: CREATE OR REPLACE, or DROP ... IF EXISTS before CREATE.
-- "seed" and "seed chinese" fill the tables of a new workspace, "sample" adds
-- people for sample leads.  Comments and the labels of seed rows are in
-- labels.<locale>.sql, one per locale.

-- part: tables

