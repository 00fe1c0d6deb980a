package io.carol.llm.api;

import io.carol.llm.http.FieldError;
import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.Problems;
import io.helidon.common.buffers.DataReader.IncorrectNewLineException;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.webserver.http.ServerRequest;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import jakarta.json.stream.JsonParsingException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The body of a request: JSON of at most {@link Problems#MAX_BODY_BYTES} bytes, taken apart
 * strictly (RFC 8259).
 */
final class RequestBody {
  private static final Pattern JSON_TYPE =
      Pattern.compile("application/json[ \\t]*+(;[ \\t]*+(charset=(utf-8|\"utf-8\"))?+[ \\t]*+)*+");

  // Looked up once: JsonProvider.provider() searches the class path at every call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final int MAX_DEPTH = 32;

  /** Unknown members that are named: a body has space for 9,000, and the answer would be 1 MB. */
  private static final int MAX_UNKNOWN_FIELDS = 16;

  /** Names that may be repeated. Where a name should be, a key may have been pasted. */
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z_]{1,24}");

  private RequestBody() {}

  /**
   * @throws ProblemException {@code unsupported_media_type} when the body is not declared as JSON
   */
  static void requireJson(ServerRequest request) {
    List<String> types = request.headers().all(HeaderNames.CONTENT_TYPE, List::of);
    if (types.size() != 1
        || !JSON_TYPE.matcher(types.getFirst().toLowerCase(Locale.ROOT)).matches()) {
      throw new ProblemException(
          ProblemType.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json in UTF-8.");
    }
  }

  /**
   * @throws ProblemException {@code payload_too_large}, or {@code bad_request} when the body does
   *     not come to its end
   */
  static byte[] read(ServerRequest request) {
    try {
      // The stream is not closed: Helidon's would read on, and wait, after a failure.
      byte[] body = request.content().inputStream().readNBytes(Problems.MAX_BODY_BYTES + 1);
      if (body.length > Problems.MAX_BODY_BYTES) {
        throw Problems.tooLarge();
      }
      return body;
    } catch (RequestException e) {
      throw e.status().code() == 413 ? Problems.tooLarge() : unreadable();
    } catch (IOException
        | InsufficientDataAvailableException
        | IncorrectNewLineException
        | NumberFormatException e) {
      // The last two are what Helidon 4.5.0 makes of a malformed chunk size.
      throw unreadable();
    }
  }

  private static ProblemException unreadable() {
    return new ProblemException(
        ProblemType.BAD_REQUEST,
        "The body could not be read to its end. Check its framing.",
        HeaderValues.CONNECTION_CLOSE);
  }

  /**
   * Reads an object whose members are strings or null.
   *
   * @param known the members there may be, and the detail for one that is neither a string nor null
   * @param errors gets {@code invalid_type} for the members that are left out of the result, and
   *     {@code unknown_field} for the first 16 that there may not be
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
      int unknownFields = 0;
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
          unknownFields++;
          if (unknownFields <= MAX_UNKNOWN_FIELDS) {
            errors.add(
                new FieldError(
                    pointer,
                    "unknown_field",
                    "There is no such member. Allowed are provider, model, baseUrl and apiKey."));
          }
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
