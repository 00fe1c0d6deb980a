package io.carol.llm.api;

import io.carol.llm.config.AddressConfig;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.settings.StoredSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** JSON in, with its validation, and out. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class JsonBenchmark {
  private final BaseUrlPolicy policy =
      new BaseUrlPolicy(new AddressConfig(true, List.of(), List.of()));
  private final byte[] body =
      """
      {"provider":"openai_compatible","model":"llama3.2","baseUrl":"http://ollama:11434/v1",\
      "apiKey":"sk-benchmark-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"}\
      """
          .getBytes(StandardCharsets.UTF_8);
  private final StoredSettings settings =
      new StoredSettings(
          "openai_compatible",
          "llama3.2",
          "http://ollama:11434/v1",
          true,
          "2f1c7a34-7c1b-4e0e-9d5c-0f2f3a4b5c6d");

  @Benchmark
  public Object read() {
    return SettingsRequest.read(body, policy);
  }

  @Benchmark
  public byte[] write() {
    return ResponseJson.of(settings);
  }
}
