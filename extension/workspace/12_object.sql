-- What the template made, and from which text, so that an upgrade can tell
-- what the workspace's owner has changed since.
CREATE TABLE workspace_object (
    kind    text NOT NULL CHECK (kind IN ('table', 'index', 'function', 'trigger', 'view', 'policy')),
    object  text NOT NULL,
    shipped text NOT NULL,
    PRIMARY KEY (kind, object)
);

