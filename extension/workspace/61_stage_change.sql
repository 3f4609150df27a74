-- The history of every lead's stages, the truth of what lead.lifecycle packs.
-- position is the entry's number in the lead's lifecycle, without gaps: order
-- never rests on a clock.  Written by the stage trigger.
CREATE TABLE stage_change (
    lead_id    bigint NOT NULL,
    position   integer NOT NULL,
    process    text,
    from_stage text,
    to_stage   text NOT NULL,
    at         timestamptz NOT NULL,
    cause      text NOT NULL,
    reason     text,
    note       text,
    competitor text,
    amount     numeric,
    owner      text,
    actor      text NOT NULL,
    PRIMARY KEY (lead_id, position),
    CHECK (position > 0 AND octet_length(to_stage) BETWEEN 1 AND 255 AND isfinite(at))
);
