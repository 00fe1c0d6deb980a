package io.carol.llm.provider;

import java.io.IOException;
import java.io.Reader;

/**
 * Reads JSON for a parser, which keeps the text of one value in memory at a time. Fails where the
 * JSON has more than 16 Mi characters, or more than 256 Ki without a quotation mark.
 */
final class LimitedReader extends Reader {
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private static final int MAX_CHARACTERS = 16 * 1024 * 1024;
  private static final int MAX_VALUE_CHARACTERS = 256 * 1024;

  private final Reader json;
  private int characters;
  // Since the last quotation mark without a backslash before it: no value is longer.
  private int valueCharacters;
  private char last;

  LimitedReader(Reader json) {
    this.json = json;
  }

  @Override
  public int read(char[] buffer, int offset, int length) throws IOException {
    int count = json.read(buffer, offset, length);
    for (int i = offset; i < offset + count; i++) {
      valueCharacters = buffer[i] == '"' && last != '\\' ? 0 : valueCharacters + 1;
      last = buffer[i];
      characters++;
      if (characters > MAX_CHARACTERS || valueCharacters > MAX_VALUE_CHARACTERS) {
        throw new TooLongException();
      }
    }
    return count;
  }

  /**
   * Does nothing: to close the body of a response would read the rest of it, which may never end.
   */
  @Override
  public void close() {}
}
