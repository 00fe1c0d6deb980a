package io.carol.llm.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.settings.Preconditions;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.WritableHeaders;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How {@code If-Match} and {@code If-None-Match} are read (RFC 9110 §13.1). */
final class EntityTagsTest {
  /** In a header, A and B stand for these. */
  private static final String A = "6b1f0c1e-5d0a-4f57-9a43-0c1d2e3f4a5b";

  private static final String B = "00000000-0000-4000-8000-000000000000";

  private static @Nullable Set<String> ifMatch(String... values) {
    return read(HeaderNames.IF_MATCH, values).ifMatch();
  }

  private static Preconditions read(HeaderName name, String... values) {
    WritableHeaders<?> headers = WritableHeaders.create();
    headers.set(name, values);
    return EntityTags.preconditions(headers);
  }

  /** Empty elements of a list are to be ignored. Proxies that compress add a suffix or W/. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      textBlock =
          """
          "A" | A
          "B", "A" | B A
          "B","A" | B A
          "A" , "B" | A B
          "a,b", "A" | A
          "B", "x", "y" | B
          , "B",, "A" , | B A
          W/"A" | A
          "A-gzip" | A
          "A--gzip" | A
          "A-br" | A
          "A-deflate" | A
          W/"A-zstd" | A
          "B","A-gzip" | B A
          W/"A", "A" | A
          "A-other" | none
          "Agzip" | none
          "A-gzip-gzip" | none
          "*" | none
          "" | none
          "'OR'1'='1" | none
          * | *
          """)
  void nameTheVersionsInThem(String header, @Nullable String versions) {
    Set<String> expected = new TreeSet<>();
    for (String version : versions == null ? new String[0] : versions.split(" ", -1)) {
      expected.add(version.replace("A", A).replace("B", B));
    }
    String sent = header.replace("A", A).replace("B", B);
    assertEquals(expected, ifMatch(sent));
    assertEquals(expected, read(HeaderNames.IF_NONE_MATCH, sent).ifNoneMatch());
  }

  @Test
  void mayComeInSeveralHeadersAndBeLong() {
    assertEquals(Set.of(A, B), ifMatch('"' + A + '"', '"' + B + '"'));
    assertEquals(Set.of(), ifMatch('"' + "x".repeat(4000) + '"'));
    assertEquals(Preconditions.ANY, ifMatch(" * "));
    assertNull(read(HeaderNames.IF_NONE_MATCH, "*").ifMatch());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ",",
        "x",
        A,
        "'" + A + "'",
        "\"",
        "\"open",
        "open\"",
        "\"a\"b\"",
        "\"a\" \"b\"",
        "\"a\";\"b\"",
        "\"a b\"",
        "\"a\tb\"",
        "\"a\\\"b\"",
        "w/\"a\"",
        "W/a",
        "W/ \"a\"",
        "W/*",
        "**",
        "*, *",
        "*, \"a\"",
        "\"a\", *",
        "\"a\", b",
        "null"
      })
  void areNeverIgnoredWhenTheyCannotBeRead(String header) {
    for (HeaderName name : new HeaderName[] {HeaderNames.IF_MATCH, HeaderNames.IF_NONE_MATCH}) {
      ProblemException refused = assertThrows(ProblemException.class, () -> read(name, header));
      assertEquals(ProblemType.BAD_REQUEST, refused.type());
    }
  }

  @Test
  void aStarAndATagInTwoHeadersCannotBeRead() {
    assertThrows(ProblemException.class, () -> ifMatch("*", '"' + A + '"'));
  }
}
