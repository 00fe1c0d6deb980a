package io.carol.llm.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.TestService;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be attached to is said in one sentence with what was found and what is needed. */
final class MigrationTargetTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          CREATE VIEW users AS SELECT 'ada' AS id | public.users is a view
          CREATE MATERIALIZED VIEW users AS SELECT 'ada' AS id | public.users is a materialized view
          CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE users (id text) SERVER s | public.users is a foreign table
          CREATE SEQUENCE users | public.users is not a table
          CREATE TABLE users (name text PRIMARY KEY) | public.users has no column id
          CREATE TABLE users (id text) | public.users.id is neither the primary key nor unique
          CREATE TABLE users (id text); CREATE UNIQUE INDEX ON users (id) WHERE id <> '' | public.users.id is neither the primary key nor unique
          CREATE TABLE users (id text, realm int, PRIMARY KEY (id, realm)) | public.users.id is neither the primary key nor unique
          CREATE TABLE users (id text UNIQUE DEFERRABLE) | public.users.id is neither the primary key nor unique
          CREATE TABLE users (id char(36) PRIMARY KEY) | public.users.id is of type character(36)
          CREATE TABLE users (id smallint PRIMARY KEY) | public.users.id is of type smallint
          CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE users (id text COLLATE ci PRIMARY KEY) | public.users.id is of type text with a nondeterministic collation
          CREATE DOMAIN email AS text; CREATE TABLE users (id email PRIMARY KEY) | public.users.id is of type email
          CREATE SCHEMA "My App"; CREATE VIEW "My App".users AS SELECT 1 AS id; SET LOCAL search_path = "My App" | "My App".users is a view
          """)
  void theSentenceSaysWhatWasFoundAndWhatIsNeeded(String made, String found) throws SQLException {
    try (Connection connection = TestService.postgres().dataSource("postgres").getConnection();
        Statement statement = connection.createStatement()) {
      // Rolled back at the end.
      connection.setAutoCommit(false);
      statement.execute(made);
      assertEquals(
          found
              + ". Needed is a table users with a column id of type text, varchar, uuid, integer or"
              + " bigint that is the primary key or has a unique constraint of its own",
          MigrationTarget.find(statement).obstacle());
    }
  }
}
