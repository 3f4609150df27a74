-- When a lead goes from its owner back into a pool, in this order: the first
-- active rule that is for its intent and whose condition holds decides, and
-- no other; one that exempts says that it stays.  Days without follow-up count
-- from the last contact or the assignment, whichever is later; days without
-- progress from the assignment or the last move to another stage.  Where a rule has both, what is over first
-- counts.
CREATE TABLE pool_rule (
    code                   text PRIMARY KEY,
    label                  text,
    position               integer NOT NULL,
    condition              text NOT NULL DEFAULT 'true',
    intents                text[] CHECK (intents <@ '{hot,warm,cold}' AND cardinality(intents) > 0),
    exempt                 boolean NOT NULL DEFAULT false,
    days_without_follow_up integer CHECK (days_without_follow_up BETWEEN 1 AND 3650),
    days_without_progress  integer CHECK (days_without_progress BETWEEN 1 AND 3650),
    warn_days              integer NOT NULL DEFAULT 0 CHECK (warn_days >= 0),
    pool                   text REFERENCES pool ON UPDATE CASCADE,
    active                 boolean NOT NULL DEFAULT true,
    CHECK (exempt = (days_without_follow_up IS NULL AND days_without_progress IS NULL)),
    CHECK (warn_days < least(days_without_follow_up, days_without_progress))
);

-- How far tick() is with telling the leads that rules have changed.
CREATE TABLE recycle_sweep (
    rules     text,
    last_lead bigint NOT NULL DEFAULT 0,
    missed    bigint[] NOT NULL DEFAULT '{}',
    finished  boolean NOT NULL DEFAULT true,
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
