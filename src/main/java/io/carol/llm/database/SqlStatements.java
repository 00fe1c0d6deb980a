package io.carol.llm.database;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.dbclient.DbExecute;
import io.helidon.dbclient.DbRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The statements of {@code sql/statements.yaml}. A parameter in them is a colon and a name. Each
 * statement is searched for parameters once: DbClient would search it at every call, which takes as
 * long as all the rest that it does. Thread-safe.
 */
public final class SqlStatements {
  private static final Pattern LITERAL_OR_PARAMETER = Pattern.compile("'[^']*'|:(\\w+)");

  private static final Config FILE =
      Config.builder(ConfigSources.classpath("sql/statements.yaml"))
          .disableEnvironmentVariablesSource()
          .disableSystemPropertiesSource()
          .build();

  private static final Map<String, Indexed> STATEMENTS = new ConcurrentHashMap<>();

  /**
   * A statement with ? for each parameter.
   *
   * @param parameters their names, in the order of the text
   */
  private record Indexed(String text, List<String> parameters) {}

  private SqlStatements() {}

  /** The text of a statement with ? for each parameter. */
  public static String text(String name) {
    return indexed(name).text;
  }

  /**
   * Runs a statement that answers rows.
   *
   * @param values of the parameters, by name
   * @param reader reads the rows, in their order, before the statement is closed
   * @throws IllegalArgumentException when a value is missing
   */
  public static <T> T query(
      DbExecute db,
      String name,
      Map<String, ? extends @Nullable Object> values,
      Function<Stream<DbRow>, T> reader) {
    try (Stream<DbRow> rows = db.createNamedQuery(name).params(inOrder(name, values)).execute()) {
      return reader.apply(rows);
    }
  }

  /** As {@link #query}, for a statement that answers one row at most. */
  public static Optional<DbRow> first(
      DbExecute db, String name, Map<String, ? extends @Nullable Object> values) {
    return query(db, name, values, Stream::findFirst);
  }

  /** As {@link #query}, for a statement that writes. Answers how many rows were written. */
  public static long write(
      DbExecute db, String name, Map<String, ? extends @Nullable Object> values) {
    return db.createNamedDmlStatement(name).params(inOrder(name, values)).execute();
  }

  private static List<@Nullable Object> inOrder(
      String name, Map<String, ? extends @Nullable Object> values) {
    List<@Nullable Object> inOrder = new ArrayList<>();
    for (String parameter : indexed(name).parameters) {
      if (!values.containsKey(parameter)) {
        throw new IllegalArgumentException("No value for :" + parameter + " of " + name);
      }
      inOrder.add(values.get(parameter));
    }
    return inOrder;
  }

  private static Indexed indexed(String name) {
    return STATEMENTS.computeIfAbsent(
        name,
        absent -> {
          String named = FILE.get(name).asString().get();
          List<String> parameters = new ArrayList<>();
          String text =
              LITERAL_OR_PARAMETER
                  .matcher(named)
                  .replaceAll(found -> {
                    if (found.group(1) == null) {
                      return Matcher.quoteReplacement(found.group());
                    }
                    parameters.add(found.group(1));
                    return "?";
                  });
          return new Indexed(text, List.copyOf(parameters));
        });
  }
}
