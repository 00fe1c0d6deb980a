package io.carol.llm.settings.baseurl;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.regex.Pattern;

/** The path of a URL, which two programs must not read in two ways. */
final class UrlPath {
  /** What RFC 3986 does not allow: neither its {@code pchar} nor the slash. */
  private static final Pattern ILLEGAL = Pattern.compile("[^A-Za-z0-9._~!$&'()*+,;=:@/%-]");

  private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

  /** What changes the meaning of a URL when a program on the way decodes it early. */
  private static final Pattern FORBIDDEN_ESCAPE = Pattern.compile("%(2[Ff]|5[Cc]|3[Ff]|23|25)");

  private UrlPath() {}

  /**
   * @param path empty, or from the slash after the authority to the end of the URL
   * @throws io.carol.llm.settings.InvalidValueException {@code base_url_malformed} for a character
   *     or an escape that must not be in it, and for empty and dot segments
   */
  static void requireWellFormed(String path) {
    if (ILLEGAL.matcher(path).find()) {
      throw BaseUrl.malformed(
          "The path has a character that must be percent-encoded. Placeholders such as {name} must"
              + " be filled in.");
    }
    if (BROKEN_ESCAPE.matcher(path).find()) {
      throw BaseUrl.malformed("A % in the path must be followed by two hexadecimal digits.");
    }
    if (FORBIDDEN_ESCAPE.matcher(path).find()) {
      throw BaseUrl.malformed("The path must not contain an encoded slash, backslash, ?, # or %.");
    }
    String[] segments = decoded(path).split("/", -1);
    for (int i = 1; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      if (segments[i].isEmpty() && !last) {
        throw BaseUrl.malformed("The path must not contain an empty segment (//).");
      }
      // Some servers drop a parameter (";...") before they look for dot segments.
      String name = segments[i].split(";", 2)[0];
      if (name.equals(".") || name.equals("..")) {
        throw BaseUrl.malformed("The path must not contain the segments . and .., encoded or not.");
      }
    }
  }

  /** Decodes strictly: an overlong or broken UTF-8 sequence is a slash or dot to some readers. */
  private static String decoded(String path) {
    // For the decoder a plus is a space, which it is in a query only.
    String octets = URLDecoder.decode(path.replace("+", "%2B"), ISO_8859_1);
    try {
      String decoded =
          UTF_8.newDecoder().decode(ByteBuffer.wrap(octets.getBytes(ISO_8859_1))).toString();
      if (decoded.chars().anyMatch(Character::isISOControl)) {
        throw BaseUrl.malformed("The path must not contain encoded control characters.");
      }
      return decoded;
    } catch (CharacterCodingException e) {
      throw BaseUrl.malformed("The percent-encoding in the path is not UTF-8.");
    }
  }
}
