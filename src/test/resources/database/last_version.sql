-- A database as the version before V026 leaves it: its tables, its lines in Flyway's default history, the registered
-- encryption key AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=, and two users with keys sealed by it.
CREATE TABLE flyway_schema_history (
    installed_rank integer NOT NULL PRIMARY KEY,
    version        varchar(50),
    description    varchar(200) NOT NULL,
    type           varchar(20) NOT NULL,
    script         varchar(1000) NOT NULL,
    checksum       integer,
    installed_by   varchar(100) NOT NULL,
    installed_on   timestamp NOT NULL DEFAULT now(),
    execution_time integer NOT NULL,
    success        boolean NOT NULL
);
INSERT INTO flyway_schema_history
       (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
VALUES (1, '001', 'users', 'SQL', 'V001__users.sql', -1137880444, 'postgres', 74, true),
       (2, '024', 'user llm credentials', 'SQL', 'V024__user_llm_credentials.sql', -921971379, 'postgres', 15, true),
       (3, '025', 'llm encryption keys', 'SQL', 'V025__llm_encryption_keys.sql', 2004220005, 'postgres', 22, true);

CREATE TABLE users (
    id         text PRIMARY KEY CHECK (id <> '' AND char_length(id) <= 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO users (id) VALUES ('ada'), ('bob');

CREATE TABLE user_llm_credentials (
    user_id            text        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    provider           text        NOT NULL,
    model              text        NOT NULL,
    base_url           text,
    base_url_origin    text,
    api_key_ciphertext text,
    version            uuid        NOT NULL DEFAULT gen_random_uuid(),
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT user_llm_credentials_provider_known
        CHECK (provider IN ('anthropic', 'openai_compatible')),
    CONSTRAINT user_llm_credentials_model_length
        CHECK (char_length(model) BETWEEN 1 AND 256),
    CONSTRAINT user_llm_credentials_base_url_by_provider
        CHECK ((provider = 'openai_compatible') = (base_url IS NOT NULL)),
    CONSTRAINT user_llm_credentials_base_url_form
        CHECK (base_url ~* '^https?://' AND char_length(base_url) <= 2048),
    CONSTRAINT user_llm_credentials_base_url_origin_present
        CHECK ((base_url IS NULL) = (base_url_origin IS NULL)),
    CONSTRAINT user_llm_credentials_api_key_sealed
        CHECK (api_key_ciphertext ~ '^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{39,}$')
);
INSERT INTO user_llm_credentials (user_id, provider, model, base_url, base_url_origin, api_key_ciphertext)
VALUES ('ada', 'openai_compatible', 'm', 'https://llm.example/v1', 'https://llm.example',
        'v1.5a8f28c4.f7QtJuYsMjoZ20Rz2twQkJ5H93lLqqVOS4qvNldqf0aOkqCUr8C22eDzeD1ZcqZGKUxOpQ'),
       ('bob', 'anthropic', 'claude', NULL, NULL,
        'v1.5a8f28c4.t496Gv3q6uksfRsCIxFnByHXoyzUWM9YG8hHJSpzuh8WM6WZY0y1aVcUlUtC0NVY-ricUEdhSDA');

CREATE TABLE llm_encryption_keys (
    kid         text        PRIMARY KEY CHECK (kid ~ '^[0-9a-f]{8}$'),
    check_value text        NOT NULL CHECK (check_value ~ '^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{39,}$'),
    seals       bigint      NOT NULL DEFAULT 0,
    sealing_at  timestamptz NOT NULL DEFAULT now(),
    created_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO llm_encryption_keys (kid, check_value, seals)
VALUES ('5a8f28c4',
        'v1.5a8f28c4.Hx5csRAI95RXLxBrWEk7Szdoe_uzYdxFS9e36-BeMBgXF8iWsFU4scc0W6Aic0vhl1JBqc9dkLXc3RU', 2);
