package io.carol.llm.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import io.carol.llm.testing.Command;
import io.carol.llm.testing.DebianPackage;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Clients that widespread generators make from the contract: each is generated, compiled where its
 * compiler can be had from Maven, npm or Debian, and the ones in Java and TypeScript are used.
 *
 * <p>Slow, and needs package registries: run by {@code make client-generators} alone.
 */
final class GeneratedClients {
  private static final String GENERATOR = "openapi-generator-cli";
  private static final String GENERATOR_VERSION = "7.25.0";
  private static final Path CONTRACT = Path.of("openapi/openapi.yaml").toAbsolutePath();
  private static final Path PROGRAMS = Path.of("src/test/resources/generators").toAbsolutePath();
  private static final Path FOLDER = Path.of("target/generated-clients").toAbsolutePath();
  private static final Path PAGE_TOOLS = Path.of("src/main/web/node_modules/.bin").toAbsolutePath();
  private static final String JAVA_HOME = System.getProperty("java.home");

  /** What a later version of the service may answer: a member that this contract does not name. */
  private static final String NEWER_ANSWER =
      """
      {"provider":"anthropic","model":"m","baseUrl":null,"keyConfigured":true,"region":"eu"}
      """;

  private static TestService service;
  private static HttpServer newerService;

  @BeforeAll
  static void start() throws Exception {
    Files.createDirectories(FOLDER);
    run(
        Path.of(""),
        "mvn",
        "--quiet",
        "--batch-mode",
        "dependency:copy",
        "-Dartifact=org.openapitools:%s:%s:jar".formatted(GENERATOR, GENERATOR_VERSION),
        "-DoutputDirectory=" + FOLDER);
    service = TestService.start();
    newerService = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    newerService.createContext(
        "/",
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, NEWER_ANSWER.length());
          exchange.getResponseBody().write(NEWER_ANSWER.getBytes(UTF_8));
          exchange.close();
        });
    newerService.start();
  }

  @AfterAll
  static void stop() {
    newerService.stop(0);
    service.close();
  }

  @Test
  void ofJavaWithTheLibraryNativeWorks() throws Exception {
    useJava("JavaNative", generate("java-native", "java", "--library", "native"));
  }

  @Test
  void ofJavaWithTheLibraryOkHttpAndGsonWorks() throws Exception {
    useJava("JavaOkHttp", generate("java-okhttp-gson", "java", "--library", "okhttp-gson"));
  }

  @Test
  void ofTypeScriptWithFetchWorks() throws Exception {
    Path folder = typeScript("typescript-fetch");
    generate(
        "typescript-fetch/client",
        "typescript-fetch",
        "--additional-properties=importFileExtension=.js");
    useTypeScript(folder);
  }

  @Test
  void ofOpenApiTypeScriptWorks() throws Exception {
    Path folder = typeScript("openapi-typescript");
    install(folder, "openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3");
    run(folder, tool(folder, "openapi-typescript"), CONTRACT.toString(), "--output", "types.ts");
    useTypeScript(folder);
  }

  @Test
  void ofOrvalWorks() throws Exception {
    Path folder = typeScript("orval");
    install(folder, "orval@7.13.2");
    run(
        folder,
        tool(folder, "orval"),
        "--input",
        CONTRACT.toString(),
        "--output",
        "client.ts",
        "--client",
        "fetch",
        "--mode",
        "single");
    useTypeScript(folder);
  }

  /** By default the generator makes an interface of a union, which no class of it implements. */
  @Test
  void ofKotlinCompiles() throws Exception {
    Path folder =
        generate(
            "kotlin",
            "kotlin",
            "--library",
            "jvm-retrofit2",
            "--additional-properties=serializationLibrary=gson,generateOneOfAnyOfWrappers=true");
    Files.copy(PROGRAMS.resolve("kotlin-pom.xml"), folder.resolve("pom.xml"));
    run(folder, "mvn", "--quiet", "--batch-mode", "compile");
  }

  @Test
  void ofPythonCompiles() throws Exception {
    run(generate("python", "python"), "python3", "-m", "compileall", "-q", "openapi_client");
  }

  /** By default it tries each alternative of a union, and fails when two of them fit. */
  @Test
  void ofGoCompiles() throws Exception {
    String go = DebianPackage.program("go", "golang").toString();
    DebianPackage.program(
        "/usr/share/gocode/src/gopkg.in/validator.v2", "golang-gopkg-validator.v2-dev");
    run(
        generate("go", "go", "--additional-properties=useOneOfDiscriminatorLookup=true"),
        "env",
        "GO111MODULE=off",
        "GOPATH=/usr/share/gocode",
        go,
        "build",
        ".");
  }

  @Test
  void ofCSharpIsGenerated() throws Exception {
    generate("csharp", "csharp");
  }

  /** Runs openapi-generator. */
  private static Path generate(String folder, String generator, String... options)
      throws Exception {
    Path output = FOLDER.resolve(folder);
    delete(output);
    List<String> command =
        new ArrayList<>(
            List.of(
                JAVA_HOME + "/bin/java",
                "-jar",
                FOLDER.resolve(GENERATOR + "-" + GENERATOR_VERSION + ".jar").toString(),
                "generate",
                "--input-spec",
                CONTRACT.toString(),
                "--generator-name",
                generator,
                "--output",
                output.toString()));
    command.addAll(List.of(options));
    run(FOLDER, command.toArray(String[]::new));
    return output;
  }

  /** Compiles a Java client, and the program that uses it. */
  private static void useJava(String program, Path folder) throws Exception {
    run(folder, "mvn", "--quiet", "--batch-mode", "compile", "dependency:copy-dependencies");
    String classPath = folder + "/target/classes:" + folder + "/target/dependency/*";
    run(
        folder,
        JAVA_HOME + "/bin/java",
        "--class-path",
        classPath,
        PROGRAMS.resolve(program + ".java").toString(),
        url(service.port()),
        TestService.identity().token(program),
        url(newerService.getAddress().getPort()));
  }

  /** An empty folder with the program that uses a TypeScript client. */
  private static Path typeScript(String name) throws IOException {
    Path folder = FOLDER.resolve(name);
    delete(folder);
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("package.json"), "{\"type\": \"module\"}");
    Files.copy(PROGRAMS.resolve(name + ".ts"), folder.resolve("program.ts"));
    return folder;
  }

  private static void install(Path folder, String... packages) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"));
    command.addAll(List.of(packages));
    run(folder, command.toArray(String[]::new));
  }

  private static String tool(Path folder, String name) {
    return folder.resolve("node_modules/.bin").resolve(name).toString();
  }

  private static void useTypeScript(Path folder) throws Exception {
    run(
        folder,
        PAGE_TOOLS.resolve("tsc").toString(),
        "program.ts",
        "--module",
        "nodenext",
        "--target",
        "es2023",
        "--strict",
        "--skipLibCheck",
        "--typeRoots",
        PAGE_TOOLS.resolveSibling("@types").toString(),
        "--types",
        "node",
        "--outDir",
        "compiled");
    run(
        folder,
        "node",
        "compiled/program.js",
        url(service.port()),
        TestService.identity().token(folder.getFileName().toString()),
        url(newerService.getAddress().getPort()));
  }

  private static String url(int port) {
    return "http://localhost:" + port;
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static void run(Path folder, String... command) {
    ProcessBuilder program =
        new ProcessBuilder(command).directory(folder.toAbsolutePath().toFile());
    program.environment().put("JAVA_HOME", JAVA_HOME);
    Command.run(program).output();
  }
}
