-- Stand-alone only: Carol's own database has its users table already and starts at V024.
CREATE TABLE users (
    id         text PRIMARY KEY CHECK (id <> '' AND char_length(id) <= 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
