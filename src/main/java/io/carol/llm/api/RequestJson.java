package io.carol.llm.api;

import io.carol.llm.http.FieldError;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import jakarta.json.stream.JsonParsingException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The JSON of a request body, taken apart strictly (RFC 8259). */
final class RequestJson {
  // Looked up once: JsonProvider.provider() searches the class path at every call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final int MAX_DEPTH = 32;

  /** Names that may be repeated. Where a name should be, a key may have been pasted. */
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z_]{1,24}");

  private RequestJson() {}

  /**
   * Reads an object whose members are strings or null.
   *
   * @param known the members there may be, and the detail for one that is neither a string nor null
   * @param errors gets {@code unknown_field} and {@code invalid_type} for the members that are left
   *     out of the result
   * @return the members sent; empty for null
   * @throws ProblemException {@code malformed_json} when the body is not exactly one JSON value, or
   *     has two members of one name; {@code invalid} when that value is not an object
   */
  static Map<String, Optional<String>> readObject(
      byte[] body, Map<String, String> known, List<FieldError> errors) {
    try (JsonParser parser = JSON.createParser(new StringReader(decode(body)))) {
      if (!parser.hasNext()) {
        throw malformed("The body is empty. Send a JSON object.");
      }
      if (parser.next() != Event.START_OBJECT) {
        skipValue(parser);
        requireEnd(parser);
        throw new ProblemException(
            List.of(new FieldError("", "invalid_type", "The body must be a JSON object.")));
      }
      Map<String, Optional<String>> members = new LinkedHashMap<>();
      Set<String> names = new HashSet<>();
      while (parser.next() != Event.END_OBJECT) {
        String name = parser.getString();
        String pointer = PLAIN_NAME.matcher(name).matches() ? "/" + name : "";
        if (!names.add(name)) {
          throw malformed(
              "A member must not appear twice: " + (pointer.isEmpty() ? "see the names" : name));
        }
        Event value = parser.next();
        String detail = known.get(name);
        if (detail == null) {
          errors.add(
              new FieldError(
                  pointer,
                  "unknown_field",
                  "There is no such member. Allowed are provider, model, baseUrl and apiKey."));
        } else if (value == Event.VALUE_STRING) {
          members.put(name, Optional.of(parser.getString()));
        } else if (value == Event.VALUE_NULL) {
          members.put(name, Optional.empty());
        } else {
          errors.add(new FieldError(pointer, "invalid_type", detail));
        }
        skipValue(parser);
      }
      requireEnd(parser);
      return members;
    } catch (JsonParsingException e) {
      // Not as the cause: its message may quote the body, and with it a key. Without the parser's
      // position: it is wrong at the end of a text and behind 4,096 characters.
      throw malformed("The body is not JSON as RFC 8259 defines it.");
    }
  }

  private static String decode(byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw malformed("The body is not UTF-8.");
    }
  }

  /** Moves to the end of the value that the parser has just begun. */
  private static void skipValue(JsonParser parser) {
    // Not skipObject() and skipArray(): they never return when the text ends too early.
    int depth = 0;
    Event event = parser.currentEvent();
    while (true) {
      switch (event) {
        case START_OBJECT, START_ARRAY -> depth++;
        case END_OBJECT, END_ARRAY -> depth--;
        default -> {}
      }
      if (depth == 0) {
        return;
      }
      if (depth > MAX_DEPTH) {
        throw malformed("The JSON is nested more than " + MAX_DEPTH + " levels deep.");
      }
      event = parser.next();
    }
  }

  private static void requireEnd(JsonParser parser) {
    // Throws when anything but whitespace follows.
    if (parser.hasNext()) {
      throw malformed("Something follows the JSON object.");
    }
  }

  private static ProblemException malformed(String detail) {
    return new ProblemException(ProblemType.MALFORMED_JSON, detail);
  }
}
