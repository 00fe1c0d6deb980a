-- By itself: it reads the whole table, beside other reads and writes.
ALTER TABLE user_llm_credentials VALIDATE CONSTRAINT user_llm_credentials_api_key_sealed;
