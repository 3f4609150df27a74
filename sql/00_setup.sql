-- The extension, for all the tests that follow in this database.
SET client_min_messages = warning;
CREATE EXTENSION leadcrm;
