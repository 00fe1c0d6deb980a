package io.carol.llm.api;

import static java.util.stream.Collectors.toSet;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.settings.Preconditions;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Entity tags and the preconditions made of them (RFC 9110 §8.8.3, §13.1). */
final class EntityTags {
  /** Tags, with empty elements between them, which are ignored (§5.6.1.2). */
  private static final Pattern LIST =
      Pattern.compile("[ \\t,]*+((W/)?\"[\\x21\\x23-\\x7e]*+\"[ \\t]*+(,[ \\t,]*+|$))++");

  /**
   * The tag of a version. A proxy that compresses responses marks their tags with a suffix (Apache,
   * Caddy) or with W/ (nginx). All tags of this service are strong, so neither says anything else.
   */
  private static final Pattern VERSION =
      Pattern.compile("\"([0-9a-f-]{36})(--?(gzip|br|zstd|deflate))?\"");

  private EntityTags() {}

  /** The strong entity tag of a version. */
  static String of(String version) {
    return '"' + version + '"';
  }

  /**
   * Reads {@code If-Match} and {@code If-None-Match}.
   *
   * @throws ProblemException {@code bad_request} when one of them is neither * nor a list of tags
   */
  static Preconditions preconditions(Headers headers) {
    return new Preconditions(
        versions(headers, HeaderNames.IF_MATCH), versions(headers, HeaderNames.IF_NONE_MATCH));
  }

  private static @Nullable Set<String> versions(Headers headers, HeaderName name) {
    List<String> values = headers.all(name, List::of);
    if (values.isEmpty()) {
      return null;
    }
    String list = String.join(",", values).strip();
    if (list.equals("*")) {
      return Preconditions.ANY;
    }
    if (!LIST.matcher(list).matches()) {
      throw new ProblemException(
          ProblemType.BAD_REQUEST,
          name.defaultCase() + " must be * or a list of ETags in double quotes.");
    }
    return VERSION.matcher(list).results().map(tag -> tag.group(1)).collect(toSet());
  }
}
