-- Runs of import_leads() and adopt_leads(), and how far they are.
CREATE TABLE import_batch (
    batch       text PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('import', 'adopt')),
    from_table  text NOT NULL,
    lines       bigint NOT NULL DEFAULT 0,
    done        bigint NOT NULL DEFAULT 0,
    created     bigint NOT NULL DEFAULT 0,
    merged      bigint NOT NULL DEFAULT 0,
    linked      bigint NOT NULL DEFAULT 0,
    review      bigint NOT NULL DEFAULT 0,
    rejected    bigint NOT NULL DEFAULT 0,
    repeated    bigint NOT NULL DEFAULT 0,
    last_line   bigint NOT NULL DEFAULT 0,
    last_key    text,
    started_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    finished_at timestamptz,
    actor       text NOT NULL
);

-- A line of a file that came before is no new inquiry: it is found by this.
CREATE INDEX intake_content_idx ON intake (source, jsonb_hash_extended(payload, 0)) WHERE batch IS NOT NULL;
