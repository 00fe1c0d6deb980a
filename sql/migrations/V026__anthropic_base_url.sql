-- Anthropic may be reached through an address of the user's own, such as a gateway. Every row that met the constraint
-- before meets the new one.
ALTER TABLE user_llm_credentials
    DROP CONSTRAINT user_llm_credentials_base_url_by_provider,
    ADD CONSTRAINT user_llm_credentials_base_url_by_provider
        CHECK (provider <> 'openai_compatible' OR base_url IS NOT NULL);
