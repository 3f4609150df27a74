-- What leads count for, by all that reports are read by: the sum of its rows.
-- Written by the engine with every lead, in the same transaction.  Whoever
-- changes a sum adds to a row that nobody has locked, or inserts another, which
-- may be negative, and so waits for nobody.  key is a hash of the columns from
-- created_on on.
--
-- A row is read up to the last column that a query needs: first come those that
-- all need, then those that labels are joined by, which PostgreSQL 15 reads also
-- where no label is asked for.  What is won, lost and open lies in partitions of
-- its own, since most questions are about one of them.
CREATE TABLE lead_cube (
    key             bigint NOT NULL,
    leads           bigint NOT NULL,
    score           bigint NOT NULL,
    scored          bigint NOT NULL,
    assigned        bigint NOT NULL,
    contacted       bigint NOT NULL,
    contact_minutes bigint NOT NULL,
    expected_amount numeric NOT NULL,
    won_amount      numeric NOT NULL,
    created_on      date NOT NULL,
    won_on          date,
    lost_on         date,
    closes_on       date,
    first_source    text NOT NULL,
    last_source     text NOT NULL,
    owner           text,
    team            text,
    region          text,
    industry        text,
    product_line    text,
    process         text,
    stage           text,
    currency        text,
    intent          text,
    kind            text NOT NULL,
    stages          text[] NOT NULL,
    campaign        text,
    partner         text,
    loss_reason     text,
    competitor      text
) PARTITION BY LIST ((CASE WHEN won_on IS NOT NULL THEN 'won' WHEN lost_on IS NOT NULL THEN 'lost' ELSE 'open' END));
CREATE TABLE lead_cube_open PARTITION OF lead_cube FOR VALUES IN ('open') WITH (fillfactor = 85);
CREATE TABLE lead_cube_won PARTITION OF lead_cube FOR VALUES IN ('won') WITH (fillfactor = 85);
CREATE TABLE lead_cube_lost PARTITION OF lead_cube FOR VALUES IN ('lost') WITH (fillfactor = 85);
CREATE INDEX lead_cube_key_idx ON lead_cube (key);
-- Leads whose last source is another than the first are few, as PostgreSQL
-- learns by the statistics.
CREATE INDEX lead_cube_touch_idx ON lead_cube ((CASE WHEN last_source <> first_source THEN last_source END))
    WHERE CASE WHEN last_source <> first_source THEN last_source END IS NOT NULL;
CREATE STATISTICS lead_cube_open_touch ON (CASE WHEN last_source <> first_source THEN last_source END) FROM lead_cube_open;
CREATE STATISTICS lead_cube_won_touch ON (CASE WHEN last_source <> first_source THEN last_source END) FROM lead_cube_won;
CREATE STATISTICS lead_cube_lost_touch ON (CASE WHEN last_source <> first_source THEN last_source END) FROM lead_cube_lost;

