package io.carol.llm.settings.baseurl;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The path of a URL, which two programs must not read in two ways. */
final class UrlPath {
  /** What RFC 3986 allows in a path: its {@code pchar}, the slash and the start of an escape. */
  private static final String CHARACTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/%";

  /** Characters that change what a URL means when a program on the way decodes them early. */
  private static final String NEVER_ESCAPED = "/\\?#%";

  private UrlPath() {}

  /**
   * @param path empty, or from the slash after the authority to the end of the URL
   * @throws io.carol.llm.settings.InvalidValueException {@code base_url_malformed} for a character
   *     or an escape that must not be in it, and for empty and dot segments
   */
  static void requireWellFormed(String path) {
    if (!path.chars().allMatch(c -> CHARACTERS.indexOf(c) >= 0)) {
      throw BaseUrl.malformed(
          "The path has a character that must be percent-encoded. Placeholders such as {name} must"
              + " be filled in.");
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
    ByteBuffer octets = ByteBuffer.allocate(path.length());
    int next = 0;
    while (next < path.length()) {
      char c = path.charAt(next);
      if (c == '%') {
        octets.put((byte) escapedOctet(path, next + 1));
        next += 3;
      } else {
        octets.put((byte) c);
        next++;
      }
    }
    try {
      String decoded = StandardCharsets.UTF_8.newDecoder().decode(octets.flip()).toString();
      if (decoded.chars().anyMatch(Character::isISOControl)) {
        throw BaseUrl.malformed("The path must not contain encoded control characters.");
      }
      return decoded;
    } catch (CharacterCodingException e) {
      throw BaseUrl.malformed("The percent-encoding in the path is not UTF-8.");
    }
  }

  private static int escapedOctet(String path, int start) {
    int end = start + 2;
    if (end > path.length()
        || !path.substring(start, end).chars().allMatch(HexFormat::isHexDigit)) {
      throw BaseUrl.malformed("A % in the path must be followed by two hexadecimal digits.");
    }
    int octet = HexFormat.fromHexDigits(path, start, end);
    if (NEVER_ESCAPED.indexOf(octet) >= 0) {
      throw BaseUrl.malformed("The path must not contain an encoded slash, backslash, ?, # or %.");
    }
    return octet;
  }
}
