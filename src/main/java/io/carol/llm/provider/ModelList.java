package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.ModelName;
import io.carol.llm.settings.Provider;
import jakarta.json.JsonException;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The models in the answer of a provider.
 *
 * @param hasModel whether the wanted model is among them: as it is, with a prefix of its provider,
 *     as Ollama's latest, or at Anthropic with its date
 * @param names the first 1,000 that are valid names of models, in order, of at most 64 Ki
 *     characters in all
 */
record ModelList(boolean hasModel, List<String> names) {
  private static final JsonProvider JSON = JsonProvider.provider();
  // claude-3-5-haiku-latest, claude-sonnet-4-0 and claude-sonnet-4-5, up to where the date comes.
  private static final Pattern ANTHROPIC_ALIAS =
      Pattern.compile("(claude-3-.+(?=-latest$)|claude-\\D+-\\d+(?=-0$)|claude-\\D+-\\d+-\\d+$).*");
  private static final Set<String> LISTS = Set.of("data", "models");
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NAMES = 1_000;
  // A client that does not read its response holds them in memory.
  private static final int MAX_NAMES_CHARACTERS = 64 * 1024;
  // 32 characters of a key are in no other id by chance. A whole key of 8,192 characters would take
  // long to search for.
  private static final int MAX_SEARCHED_LENGTH = 32;

  /** Shorter ones are no secrets, such as {@code x} and {@code ollama}, and stand in many names. */
  private static final int MIN_SECRET_LENGTH = 8;

  /**
   * Reads any list that looks like OpenAI's: {@code data[].id}, {@code models[].id}, {@code
   * models[].name}, or the same objects in an array without a name.
   *
   * @return empty when there is no such list, or an id in it holds the key
   * @throws IOException when the JSON cannot be read to its end
   */
  static Optional<ModelList> read(
      Reader json, Provider provider, String model, Optional<ApiKey> key) throws IOException {
    Predicate<String> holdsKey = key.map(ModelList::holding).orElse(id -> false);
    Predicate<String> isWanted = isModel(provider, withoutPrefix(model));
    boolean hasModel = false;
    // No more than are shown: 16 MB hold a million ids, and eight lists are read at a time.
    TreeSet<String> names = new TreeSet<>();
    int characters = 0;
    boolean isList = false;
    boolean isEmpty = true;
    boolean hasIds = false;
    // The depth of the list's objects while the parser is within a list, else 0.
    int entryDepth = 0;
    int depth = 0;
    String member = "";
    String id = "";
    try (JsonParser parser = JSON.createParser(json)) {
      while (parser.hasNext()) {
        JsonParser.Event event = parser.next();
        isEmpty &= depth != entryDepth - 1 || event == JsonParser.Event.END_ARRAY;
        switch (event) {
          case KEY_NAME -> member = parser.getString();
          case START_ARRAY -> {
            depth++;
            if (entryDepth == 0 && (depth == 1 || (depth == 2 && LISTS.contains(member)))) {
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
              if (holdsKey.test(id)) {
                return Optional.empty();
              }
              hasIds = true;
              hasModel |= isWanted.test(withoutPrefix(id));
              if (isValid(id) && names.add(id)) {
                characters += id.length();
              }
              while (names.size() > MAX_NAMES || characters > MAX_NAMES_CHARACTERS) {
                characters -= names.removeLast().length();
              }
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
        if (depth > MAX_DEPTH) {
          return Optional.empty();
        }
      }
    } catch (JsonException | NoSuchElementException | IllegalStateException e) {
      if (e.getCause() instanceof IOException failed) {
        throw failed;
      }
      // Not logged: the message may quote what the provider has sent.
      return Optional.empty();
    }
    // Ollama without any model answers {"object": "list", "data": null}.
    return isList && (isEmpty || hasIds)
        ? Optional.of(new ModelList(hasModel, List.copyOf(names)))
        : Optional.empty();
  }

  /**
   * Whether an id stands for this model. Anthropic lists older models with a date. Their aliases
   * leave it out, where a version of one number gets a zero, or replace it by {@code -latest}
   * (platform.claude.com/docs/en/about-claude/models/model-ids-and-versions).
   */
  private static Predicate<String> isModel(Provider provider, String model) {
    String id = Pattern.quote(model) + "(:latest)?";
    Matcher alias = ANTHROPIC_ALIAS.matcher(model);
    if (provider == Provider.ANTHROPIC && alias.matches()) {
      id += "|" + Pattern.quote(alias.group(1)) + "-[0-9]{8}";
    }
    return Pattern.compile(id).asMatchPredicate();
  }

  /**
   * Whether an id holds the key or its first 32 characters, as they are, in base64 or in hex. A
   * server that repeats what it was sent would hand the key to the session that asked for the
   * check.
   */
  private static Predicate<String> holding(ApiKey key) {
    String text = key.reveal();
    if (text.length() < MIN_SECRET_LENGTH) {
      return text::equals;
    }
    byte[] bytes = text.getBytes(US_ASCII);
    List<String> spellings =
        Stream.concat(
                Stream.of(text, HexFormat.of().formatHex(bytes)),
                Stream.of(0, 1, 2).flatMap(before -> base64(bytes, before)))
            .map(spelling -> spelling.toLowerCase(Locale.ROOT))
            .map(
                spelling -> spelling.substring(0, Math.min(spelling.length(), MAX_SEARCHED_LENGTH)))
            .toList();
    return id -> spellings.stream().anyMatch(id.toLowerCase(Locale.ROOT)::contains);
  }

  /** What base64 makes of these bytes behind {@code before} other ones, as far as it is fixed. */
  private static Stream<String> base64(byte[] bytes, int before) {
    int skipped = (3 - before) % 3;
    byte[] whole = Arrays.copyOfRange(bytes, skipped, bytes.length - (bytes.length - skipped) % 3);
    return Stream.of(
        Base64.getEncoder().encodeToString(whole), Base64.getUrlEncoder().encodeToString(whole));
  }

  private static String withoutPrefix(String name) {
    return name.startsWith("models/") ? name.substring("models/".length()) : name;
  }

  private static boolean isValid(String name) {
    try {
      return new ModelName(name).text().equals(name);
    } catch (InvalidValueException e) {
      return false;
    }
  }
}
