# Two commands do everything: `make run` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test package client screenshots format clean jdk node tools page-tools

# A JDK 25 or newer: JAVA_HOME if it is one, else beside the default java, else in the usual places.
JDK := $(shell \
  default=$$(readlink -f "$$(command -v javac || command -v java)" 2>/dev/null); \
  for home in "$$JAVA_HOME" "$${default%/bin/*}" "$${default%/*/bin/*}"/* \
      /usr/lib/jvm/* /opt/java/* "$$HOME"/.sdkman/candidates/java/* "$$HOME"/.jdks/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do \
    version=$$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$$home/release" 2>/dev/null); \
    if [ -x "$$home/bin/javac" ] && [ "$${version:-0}" -ge 25 ]; then echo "$$home"; break; fi; \
  done)
export JAVA_HOME := $(JDK)
# Maven 3.8 itself still uses what newer JDKs warn about.
export MAVEN_OPTS += --sun-misc-unsafe-memory-access=allow
PAGE := src/main/web
MVN := mvn --batch-mode --no-transfer-progress -Dstyle.color=never

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: tools ## Build and start everything: PostgreSQL, the service, and somebody to be
	@$(MVN) --quiet test-compile dependency:build-classpath -Dspotless.check.skip \
	  -Dmdep.includeScope=test -Dmdep.outputFile=target/test.classpath
	@"$(JDK)/bin/java" -cp "target/test-classes:target/classes:$$(cat target/test.classpath)" \
	  io.carol.llm.testing.DevelopmentServer || [ $$? -eq 130 ]

test: tools page-tools ## Check everything: format, contract, manifests, tests, the page in a browser
	@command -v kubectl >/dev/null || echo "kubectl is missing, so the manifests are not checked. Install it (https://kubernetes.io/docs/tasks/tools)." >&2
	@npm --prefix $(PAGE) test --silent
	@$(MVN) verify

package: tools ## Build target/carol-llm-settings.jar and target/libs
	@$(MVN) --quiet package -DskipTests

client: page-tools ## Generate the typed client anew from openapi/openapi.yaml
	@npm --prefix $(PAGE) run --silent client

screenshots: package ## Take pictures of the page's main states, into target/screenshots
	@$(MVN) --quiet test-compile dependency:build-classpath -Dspotless.check.skip \
	  -Dmdep.includeScope=test -Dmdep.outputFile=target/test.classpath
	@"$(JDK)/bin/java" -cp "target/test-classes:target/classes:$$(cat target/test.classpath)" \
	  io.carol.llm.testing.PageTestBed screenshots

format: tools page-tools ## Format the sources
	@$(MVN) --quiet spotless:apply -Dpage.skip
	@npm --prefix $(PAGE) run --silent format

clean: ## Remove what was built; .data stays
	@rm -rf target $(PAGE)/node_modules $(PAGE)/src/api/dist

page-tools: node
	@[ $(PAGE)/node_modules/.package-lock.json -nt $(PAGE)/package-lock.json ] || npm --prefix $(PAGE) ci --silent

tools: jdk node
	@command -v mvn >/dev/null || { echo "Maven is missing. Install it: 'apt-get install maven' or 'brew install maven'." >&2; exit 1; }

node:
	@node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null \
	  || { echo "Node.js 20.19 or newer is missing. Install it (https://nodejs.org)." >&2; exit 1; }

jdk:
	@[ -n "$(JDK)" ] || { echo "A JDK 25 or newer is missing. Install one (https://adoptium.net) or set JAVA_HOME to it." >&2; exit 1; }
