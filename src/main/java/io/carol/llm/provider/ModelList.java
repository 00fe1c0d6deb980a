package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.ModelName;
import jakarta.json.JsonException;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import java.io.StringReader;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The models in the answer of a provider.
 *
 * @param names valid names of models, in order
 */
record ModelList(Set<String> names) {
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NAMES = 1_000;
  // Four times the longest name. To look for a long key in a long id takes seconds.
  private static final int MAX_ID_LENGTH = 1_024;

  /** Shorter ones are no secrets, such as {@code x} and {@code ollama}, and stand in many names. */
  private static final int MIN_SECRET_LENGTH = 8;

  /**
   * Reads any list that looks like OpenAI's: {@code data[].id}, {@code models[].id}, {@code
   * models[].name}, or the same objects in an array without a name. Ids that are no names of models
   * are left out.
   *
   * @return empty when there is no such list, or an id in it is longer than 1,024 characters
   */
  static Optional<ModelList> read(String json) {
    Set<String> ids = new TreeSet<>();
    boolean isList = false;
    int entries = 0;
    // The depth of the list's objects while the parser is within a list, else 0.
    int entryDepth = 0;
    int depth = 0;
    String member = "";
    String id = "";
    try (JsonParser parser = JSON.createParser(new StringReader(json))) {
      while (parser.hasNext()) {
        JsonParser.Event event = parser.next();
        if (depth == entryDepth - 1 && event != JsonParser.Event.END_ARRAY) {
          entries++;
        }
        switch (event) {
          case KEY_NAME -> member = parser.getString();
          case START_ARRAY -> {
            depth++;
            if (entryDepth == 0 && (depth == 1 || (depth == 2 && isListMember(member)))) {
              isList = true;
              entryDepth = depth + 1;
            }
          }
          case START_OBJECT -> {
            depth++;
            if (depth == entryDepth) {
              id = "";
            }
          }
          case VALUE_STRING -> {
            if (depth == entryDepth
                && (member.equals("id") || (member.equals("name") && id.isEmpty()))) {
              id = parser.getString();
            }
            isList |= depth == 1 && member.equals("object") && parser.getString().equals("list");
          }
          case END_OBJECT -> {
            if (depth == entryDepth && !id.isEmpty()) {
              ids.add(id);
            }
            depth--;
          }
          case END_ARRAY -> {
            depth--;
            if (depth < entryDepth - 1) {
              entryDepth = 0;
            }
          }
          default -> {}
        }
        if (depth > MAX_DEPTH || id.length() > MAX_ID_LENGTH) {
          return Optional.empty();
        }
      }
    } catch (JsonException | NoSuchElementException | IllegalStateException e) {
      // Not logged: the message may quote what the provider has sent.
      return Optional.empty();
    }
    // Ollama without any model answers {"object": "list", "data": null}.
    return isList && (entries == 0 || !ids.isEmpty())
        ? Optional.of(new ModelList(ids))
        : Optional.empty();
  }

  private static boolean isListMember(String name) {
    return name.equals("data") || name.equals("models");
  }

  /**
   * Whether an id holds the key, as it is, in base64 or in hex. A server that repeats what it was
   * sent would hand the key to the session that asked for the check.
   */
  boolean repeats(ApiKey key) {
    String text = key.reveal();
    if (text.length() < MIN_SECRET_LENGTH) {
      return names.contains(text);
    }
    byte[] bytes = text.getBytes(US_ASCII);
    List<String> spellings =
        Stream.concat(
                Stream.of(text, HexFormat.of().formatHex(bytes)),
                Stream.of(0, 1, 2).flatMap(before -> base64(bytes, before)))
            .map(spelling -> spelling.toLowerCase(Locale.ROOT))
            .toList();
    return names.stream()
        .map(name -> name.toLowerCase(Locale.ROOT))
        .anyMatch(name -> spellings.stream().anyMatch(name::contains));
  }

  /** What base64 makes of these bytes behind {@code before} other ones, as far as it is fixed. */
  private static Stream<String> base64(byte[] bytes, int before) {
    int skipped = (3 - before) % 3;
    byte[] whole = Arrays.copyOfRange(bytes, skipped, bytes.length - (bytes.length - skipped) % 3);
    return Stream.of(
        Base64.getEncoder().encodeToString(whole), Base64.getUrlEncoder().encodeToString(whole));
  }

  /**
   * Whether the model is listed: as it is, with a prefix of its provider, or as Ollama's latest.
   */
  boolean has(String model) {
    return names.stream()
        .map(ModelList::withoutPrefix)
        .anyMatch(Set.of(withoutPrefix(model), withoutPrefix(model) + ":latest")::contains);
  }

  private static String withoutPrefix(String name) {
    return name.startsWith("models/") ? name.substring("models/".length()) : name;
  }

  /** The valid names, at most 1,000. */
  List<String> shown() {
    return names.stream().filter(ModelList::isValid).limit(MAX_NAMES).toList();
  }

  private static boolean isValid(String name) {
    try {
      return new ModelName(name).text().equals(name);
    } catch (InvalidValueException e) {
      return false;
    }
  }
}
