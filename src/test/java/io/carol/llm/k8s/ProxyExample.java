package io.carol.llm.k8s;

import io.carol.llm.testing.DebianPackage;
import io.carol.llm.testing.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A proxy's configuration as the documents have it. Tests put around it what an installed proxy has
 * already.
 *
 * @param text with {@code 127.0.0.1:8080} for the service
 */
record ProxyExample(String text) {
  /** The block of this language in a document, counted from 0. */
  static ProxyExample in(String document, String language, int number) throws IOException {
    return Pattern.compile("^```" + language + "\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
        .matcher(Files.readString(Path.of(document)))
        .results()
        .skip(number)
        .map(block -> new ProxyExample(block.group(1)))
        .findFirst()
        .orElseThrow();
  }

  /** The same with another text in the place of one that it has. */
  ProxyExample with(String text, String replacement) {
    if (!this.text.contains(text)) {
      throw new AssertionError(text + " is not in\n" + this.text);
    }
    return new ProxyExample(this.text.replace(text, replacement));
  }

  /** The same in front of the service on this port. */
  ProxyExample to(int servicePort) {
    return with("127.0.0.1:8080", "127.0.0.1:" + servicePort);
  }

  /**
   * Runs it in nginx.
   *
   * @param folder for its files
   */
  ProxyProcess startNginx(Path folder) throws IOException {
    String program = DebianPackage.program("nginx", "nginx").toString();
    int port = Ports.free();
    Path settings =
        Files.writeString(
            folder.resolve("nginx.conf"),
            """
            daemon off;
            pid %1$s/nginx.pid;
            error_log stderr;
            worker_rlimit_nofile 16384;
            events { worker_connections 8192; }
            http {
              access_log off;
              client_body_temp_path %1$s/body;
              proxy_temp_path %1$s/proxy;
              fastcgi_temp_path %1$s/fastcgi;
              uwsgi_temp_path %1$s/uwsgi;
              scgi_temp_path %1$s/scgi;
              server {
                listen 127.0.0.1:%2$d;
                listen [::1]:%2$d;
                %3$s
              }
            }
            """
                .formatted(folder, port, text));
    return ProxyProcess.start(List.of(program, "-c", settings.toString()), port);
  }

  /** Runs it in HAProxy, behind a frontend. */
  ProxyProcess startHaproxy(Path folder) throws IOException {
    int port = Ports.free();
    return ProxyProcess.haproxy(
        folder,
        port,
        """
        defaults
          mode http
          timeout connect 5s
          timeout client 30s
          timeout server 30s
        frontend http
          bind localhost:%d
          default_backend llm-settings
        %s
        """
            .formatted(port, text));
  }

  /** Runs it in a virtual host of Apache. */
  ProxyProcess startApache(Path folder) throws IOException {
    String program = DebianPackage.program("apache2", "apache2").toString();
    int port = Ports.free();
    Path settings =
        Files.writeString(
            folder.resolve("apache.conf"),
            """
            ServerRoot %1$s
            ServerName localhost
            DefaultRuntimeDir %1$s
            PidFile apache.pid
            ErrorLog /dev/stderr
            User www-data
            Group www-data
            Listen 127.0.0.1:%2$d
            Listen [::1]:%2$d
            LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
            LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
            LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
            LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
            LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
            <VirtualHost *:%2$d>
            %3$s
            </VirtualHost>
            """
                .formatted(folder, port, text));
    return ProxyProcess.start(
        List.of(program, "-D", "FOREGROUND", "-f", settings.toString()), port);
  }

  /** Runs it in Caddy, as a site of this machine without TLS. */
  ProxyProcess startCaddy(Path folder) throws IOException {
    String program = DebianPackage.program("caddy", "caddy").toString();
    int port = Ports.free();
    Path settings =
        Files.writeString(
            folder.resolve("Caddyfile"),
            "{\n\tadmin off\n}\n" + with("llm-settings.example", "http://localhost:" + port).text);
    return ProxyProcess.start(
        List.of(
            "env",
            "XDG_CONFIG_HOME=" + folder,
            "XDG_DATA_HOME=" + folder,
            program,
            "run",
            "--adapter",
            "caddyfile",
            "--config",
            settings.toString()),
        port);
  }
}
