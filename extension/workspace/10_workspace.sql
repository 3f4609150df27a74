CREATE TABLE workspace (
    version    text NOT NULL,
    locale     text NOT NULL CHECK (locale IN ('zh', 'en')),
    time_zone  text NOT NULL,
    settings   jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);

CREATE TABLE access (
    role       name NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('admin', 'writer', 'intake', 'analyst', 'rep', 'manager')),
    granted_by name NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (role, kind)
);
