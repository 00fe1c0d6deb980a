-- Runs only where no users table is on the search path: Carol's own database has one, and starts at V024.
CREATE TABLE users (
    id         text PRIMARY KEY CHECK (id <> '' AND char_length(id) <= 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
