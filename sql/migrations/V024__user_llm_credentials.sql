-- One row per user: which LLM the agent talks to. The CHECK constraints state the rules of the code once more, so that
-- no other program that writes here can store a row the service could not have written. The placeholders are the users
-- table on the search path and the type of its id.
CREATE TABLE user_llm_credentials (
    user_id            ${id-type} PRIMARY KEY REFERENCES ${users} (id) ON DELETE CASCADE,
    provider           text        NOT NULL,
    model              text        NOT NULL,
    base_url           text,
    -- Scheme, host and port of base_url in canonical form: what a stored key is tied to.
    base_url_origin    text,
    -- v1.<kid>.<base64url(iv, tag, ciphertext)>; null when no key is stored.
    api_key_ciphertext text,
    -- Changes with every write; random, so that a row deleted and made again never matches an old ETag.
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
