# Two commands do everything: `make run` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test test-faults package audit image bench bench-micro bench-start bench-scale bench-rewrap bench-rotation soak bench-timing fuzz load-tools client client-generators screenshots format clean jdk node tools page-tools test-classes

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
COMMIT := $(shell git describe --always --abbrev=40 --exclude='*' --dirty=-modified 2>/dev/null || echo unknown)
MVN := mvn --batch-mode --no-transfer-progress -Dstyle.color=never -Dcommit=$(COMMIT)

CLASSPATH = dependency:build-classpath -Dspotless.check.skip -Dmdep.includeScope=test -Dmdep.outputFile=$(1)
TEST_JAVA = "$(JDK)/bin/java" -cp "target/test-classes:target/classes:$$(cat target/test.classpath)"

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Builds what changed since the last time, without any test.
RUN_BUILT = target/run.classpath
run: tools ## Build and start everything: PostgreSQL, the service, and a user who is signed in
	@if pid=$$(cat .data/pid 2>/dev/null) && ps -o command= -p "$$pid" 2>/dev/null | grep -q DevelopmentServer; then \
	  echo "make run is at work in this folder already, as process $$pid. Stop it with Ctrl-C there." >&2; exit 1; \
	fi; \
	if [ ! -f $(RUN_BUILT) ] || [ -n "$$(find pom.xml src/main sql openapi -name node_modules -prune -o -newer $(RUN_BUILT) -print -quit)" ]; then \
	  echo "Building. The first time takes one to two minutes." >&2; \
	  $(MVN) --quiet process-classes $(call CLASSPATH,$(RUN_BUILT)) || exit 1; touch $(RUN_BUILT); \
	fi; \
	"$(JDK)/bin/java" @src/main/launcher/java.args -cp "target/classes:$$(cat $(RUN_BUILT))" src/test/java/io/carol/llm/testing/DevelopmentServer.java || [ $$? -eq 130 ]

# Runs Maven with these options, says which tests were skipped and why, and leaves the exit code in status.
VERIFY = rm -rf target/surefire-reports target/failsafe-reports; $(MVN) verify $(1); status=$$?; \
  awk -F '"' '/<testcase /{ test = $$4 "." $$2 } /<skipped/{ sub(/.*(message="|CDATA\[)/, ""); \
    sub(/.*Assumption failed: /, ""); sub(/"[ \/>].*/, ""); print "Skipped: " test ": " $$0 }' \
    target/*-reports/TEST-*.xml 2>/dev/null

# The page's own checks run beside what Maven compiles. Both build the client, which is there before they start.
test: tools page-tools ## Check everything a change can break: format, contract, manifests, tests, the page in a browser
	@command -v kubectl >/dev/null || echo "Skipped: the manifests, because kubectl is missing (https://kubernetes.io/docs/tasks/tools)." >&2
	@npm --prefix $(PAGE) run --silent client:build
	@mkdir -p target; \
	{ npm --prefix $(PAGE) test --silent >target/page.log 2>&1; result=$$?; cat target/page.log; exit $$result; } & page=$$!; \
	$(call VERIFY,); \
	wait $$page || { echo "The page's own checks failed: see target/page.log." >&2; status=1; }; \
	exit $$status

test-faults: tools ## Check what takes long: killed servers, failover, full disks, cut networks, rotation, the image, fuzz seeds
	@$(call VERIFY,-Pfaults); exit $$status

package: tools ## Build target/carol-llm-settings with its jar, libs and ahead-of-time cache
	@$(MVN) --quiet package -DskipTests

audit: package test-classes ## Ask osv.dev for known vulnerabilities of the libraries in the jar and the page
	@$(TEST_JAVA) io.carol.llm.testing.Audit target/classes/META-INF/sbom/application.cdx.json target/classes/META-INF/sbom/page.cdx.json

IMAGE ?= $(shell sed -n 's/.*image: *\(carol-llm-settings:.*\)/\1/p' k8s/base/deployment.yaml)
IMAGE_ENGINE ?= $(firstword $(foreach engine,docker podman buildah,$(if $(shell $(engine) images 2>/dev/null),$(engine))))
image: package ## Build the container image (IMAGE, IMAGE_BASE, BUILD_BASE, IMAGE_PLATFORM) with docker, podman or buildah
	@[ -n "$(IMAGE_ENGINE)" ] || { echo "No container engine answers. Install docker, podman or buildah." >&2; exit 1; }
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || echo 0)}; \
	case $(IMAGE_ENGINE) in \
	  docker) set -- docker build ;; \
	  podman) set -- podman build --timestamp $$SOURCE_DATE_EPOCH ;; \
	  *) set -- buildah bud --isolation chroot --timestamp $$SOURCE_DATE_EPOCH ;; \
	esac; \
	"$$@" --file k8s/Dockerfile --tag $(IMAGE) \
	  --build-arg SOURCE_DATE_EPOCH=$$SOURCE_DATE_EPOCH \
	  --build-arg COMMIT=$(COMMIT) --build-arg VERSION=$(lastword $(subst :, ,$(IMAGE))) \
	  --build-arg LICENSE=$(shell sed -n 's|.*<license>\([^<]*\)</license>.*|\1|p' pom.xml) \
	  $(if $(IMAGE_PLATFORM),--platform $(IMAGE_PLATFORM)) \
	  $(if $(IMAGE_BASE),--build-arg IMAGE_BASE=$(IMAGE_BASE)) $(if $(BUILD_BASE),--build-arg BUILD_BASE=$(BUILD_BASE)) .

bench-start: package test-classes load-tools ## Measure time until ready, memory and the first seconds, with and without the AOT cache (ROUNDS)
	@$(TEST_JAVA) io.carol.llm.bench.StartBenchmark $(or $(ROUNDS),5)

bench-scale: package test-classes load-tools ## Measure what a user takes in the database, and requests a second (wrk sends them)
	@$(TEST_JAVA) io.carol.llm.bench.ScaleBenchmark

bench-rewrap: test-classes ## Measure rewrap against a plain UPDATE of the same rows (ROWS, a million)
	@$(TEST_JAVA) -Xmx64m -XX:+UseSerialGC io.carol.llm.keys.RewrapBenchmark $(or $(ROWS),1000000)

bench-rotation: package test-classes load-tools ## Measure rewrap of ROWS (a million) beside 1,000 requests a second, killed three times
	@$(TEST_JAVA) io.carol.llm.keys.RotationBenchmark $(or $(ROWS),1000000)

bench: package test-classes load-tools ## Measure the service beside its parts and a Fastify service (ROWS, CONNECTIONS, SECONDS_EACH, ROUNDS)
	@mkdir -p target/fastify && cp src/test/java/io/carol/llm/bench/fastify/* target/fastify && npm --prefix target/fastify ci --silent
	@$(TEST_JAVA) io.carol.llm.bench.ServiceBenchmark \
	  $(or $(ROWS),10000) $(or $(CONNECTIONS),64) $(or $(SECONDS_EACH),5) $(or $(ROUNDS),5)

bench-timing: test-classes ## Measure whether the time of an answer tells what its text does not
	@$(TEST_JAVA) io.carol.llm.bench.TimingBenchmark

bench-micro: tools ## Measure sealing, tokens, base URLs and JSON by themselves (JMH), with what they allocate
	@$(MVN) --quiet test-compile -Pbench-micro -Dpage.skip $(call CLASSPATH,target/jmh.classpath)
	@"$(JDK)/bin/java" -cp "target/test-classes:target/classes:$$(cat target/jmh.classpath)" org.openjdk.jmh.Main \
	  -f 1 -wi 5 -w 1 -i 5 -r 1 -prof gc -rf json -rff target/bench-micro.json

FUZZ_RUNS ?= 1000000
FUZZ_TESTS ?= settings.baseurl.BaseUrl crypto.SealedValue crypto.EncryptionKey api.SettingsRequest http.Exchange
fuzz: test-classes ## Try a million inputs and more on each parser and on the service (FUZZ_RUNS, FUZZ_TESTS)
	@for test in $(FUZZ_TESTS); do \
	  mkdir -p "target/fuzz/$$test" && echo "Fuzzing $$test" && \
	  $(TEST_JAVA) -XX:+EnableDynamicAgentLoading -Xshare:off -Xmx1g --enable-native-access=ALL-UNNAMED \
	    com.code_intelligence.jazzer.Jazzer --target_class=io.carol.llm.$${test}FuzzTest --hooks --max_executions=$(FUZZ_RUNS) \
	    --instrumentation_includes='io.carol.llm.**:io.helidon.http.**:io.helidon.webserver.**:org.eclipse.parsson.**' \
	    -artifact_prefix=target/fuzz/ "target/fuzz/$$test" || exit 1; \
	done

soak: package test-classes ## Run mixed traffic for SOAK_MINUTES (10) and fail when memory, threads, files or connections grow
	@$(TEST_JAVA) io.carol.llm.faults.Soak $(or $(SOAK_MINUTES),10)

client: page-tools ## Generate the typed client anew from openapi/openapi.yaml
	@npm --prefix $(PAGE) run --silent client

client-generators: tools page-tools ## Generate clients in six languages from the contract, compile and use them
	@$(MVN) test -Dtest=GeneratedClients -Dpage.skip -Dfuzz.skip -Dproperties.skip

screenshots: package test-classes ## Take pictures of the page's main states, into target/screenshots
	@$(TEST_JAVA) io.carol.llm.testing.PageTestBed screenshots

format: tools page-tools ## Format the sources
	@$(MVN) --quiet spotless:apply -Dpage.skip
	@npm --prefix $(PAGE) run --silent format

clean: ## Remove what was built; .data stays
	@rm -rf target $(PAGE)/node_modules $(PAGE)/src/api/dist

page-tools: node
	@[ $(PAGE)/node_modules/.package-lock.json -nt $(PAGE)/package-lock.json ] || npm --prefix $(PAGE) ci --silent

test-classes: tools
	@$(MVN) --quiet test-compile $(call CLASSPATH,target/test.classpath)

tools: jdk node
	@command -v mvn >/dev/null || { echo "Maven is missing. Install it: 'apt-get install maven' or 'brew install maven'." >&2; exit 1; }

node:
	@node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null \
	  || { echo "Node.js 20.19 or newer is missing. Install it (https://nodejs.org)." >&2; exit 1; }

load-tools:
	@for tool in wrk pgbench; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get install --yes --quiet --no-install-recommends wrk postgresql >&2; \
	elif [ -n "$$missing" ]; then \
	  echo "Missing:$$missing. Install wrk and PostgreSQL's pgbench ('apt-get install wrk postgresql')." >&2; exit 1; \
	fi

jdk:
	@[ -n "$(JDK)" ] || { echo "A JDK 25 or newer is missing. Install one (https://adoptium.net) or set JAVA_HOME to it." >&2; exit 1; }
