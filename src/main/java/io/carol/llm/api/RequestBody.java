package io.carol.llm.api;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.Problems;
import io.helidon.common.buffers.DataReader.IncorrectNewLineException;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The body of a request, which must be JSON of at most {@link Problems#MAX_BODY_BYTES} bytes. */
final class RequestBody {
  private static final Pattern JSON_TYPE =
      Pattern.compile("application/json[ \\t]*+(;[ \\t]*+(charset=(utf-8|\"utf-8\"))?+[ \\t]*+)*+");

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
}
