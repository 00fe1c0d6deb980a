-- The encryption keys that belong to this database: each has sealed something here, or was in use together with one
-- that has. Never the keys themselves.
CREATE TABLE llm_encryption_keys (
    kid         text        PRIMARY KEY CHECK (kid ~ '^[0-9a-f]{8}$'),
    -- A fixed text, sealed with the key: who has the key can open it, also while no user has stored anything.
    check_value text        NOT NULL CHECK (check_value ~ '^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{39,}$'),
    -- How much it has sealed, a few seconds behind. NIST SP 800-38D section 8.3 allows 2^32.
    seals       bigint      NOT NULL DEFAULT 0,
    -- When a running replica last said that this is the key it seals with.
    sealing_at  timestamptz NOT NULL DEFAULT now(),
    created_at  timestamptz NOT NULL DEFAULT now()
);
