# make run    set everything up, build, start the server, print its address
# make test   install what the tests need, lint, run everything
# make desktop  the same in a window of its own
# make lint, make build, make frontend, make bench, make clean: parts of it

SHELL := /bin/bash
comma := ,
.DEFAULT_GOAL := run

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS_BUILD := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
PAGE := frontend/dist/index.html
PAGE_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) frontend/index.html frontend/vite.config.ts frontend/package-lock.json
GO_SOURCES := $(shell find cloud engine desktop frontend -name node_modules -prune -o -name '*.go' -print) go.mod go.sum
NPM_CI := npm ci --no-audit --no-fund --loglevel=error

.PHONY: force parity run build frontend test lint bench clean setup-tests test-go test-page test-e2e test-desktop generate soak desktop desktop-build desktop-dev package

run: build
	@bin/coder1 serve

build: bin/coder1

# Both programs say their version, and start each other only when it is the same.
bin/.version: force
	@mkdir -p bin; echo $(VERSION) | cmp -s - $@ || echo $(VERSION) > $@

bin/coder1: $(GO_SOURCES) $(PAGE) bin/.version
	@echo "Building the server…"
	@go build $(GOFLAGS_BUILD) -o $@ ./cloud

# The desktop program: a window, and the engine as a child of it.
DESKTOP_TAGS := desktop,production$(if $(filter Linux,$(shell uname -s)),$(comma)webkit2_41)

desktop: desktop-build
	@bin/coder1-desktop

desktop-build: bin/coder1-desktop bin/coder1

bin/coder1-desktop: $(GO_SOURCES) $(PAGE) bin/.version $(wildcard desktop/splash/*) desktop/icon.png
	@.ci/toolkit
	@echo "Building the desktop program…"
	@go build -tags $(DESKTOP_TAGS) $(GOFLAGS_BUILD) -o $@ ./desktop

# The same while it is worked on: built anew when it changes, and its start page is served to any browser, too.
desktop-dev: bin/coder1
	@.ci/toolkit
	@cd .ci/wails && go build -o ../../bin/wails github.com/wailsapp/wails/v2/cmd/wails
	@cd desktop && ../bin/wails dev $(if $(filter Linux,$(shell uname -s)),-tags webkit2_41) -s -skipbindings -m -nosyncgomod

# A Debian package and a tarball, in bin/package.
package: build desktop-build
	@desktop/package/make $(VERSION)

frontend: $(PAGE)

$(PAGE): frontend/node_modules/.package-lock.json $(PAGE_SOURCES)
	@echo "Building the page…"
	@cd frontend && npm run --silent build -- --logLevel warn

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	@echo "Installing what the page is built with…"
	@.ci/need node npm
	@cd frontend && $(NPM_CI)
	@touch $@

# What tests need beside Go and Node: the pinned agent CLI, and a browser.
setup-tests: .ci/node_modules/.package-lock.json
	@.ci/browser

.ci/node_modules/.package-lock.json: .ci/package-lock.json
	@echo "Installing the agent CLI that tests drive…"
	@cd .ci && $(NPM_CI)
	@touch $@

test: build setup-tests lint test-page test-go test-e2e test-desktop

# The whole product is tested as it is built, without the race detector: its programs are measured in MB. What only
# prints how long something takes is for make bench.
test-go:
	go test -race -timeout 15m $$(go list ./... | grep -v /e2e)
	go test -timeout 20m -skip 'FiguresReaction|FiguresProcessor|FiguresRecorder' ./cloud/e2e

test-page: frontend/node_modules/.package-lock.json
	cd frontend && npm test

# The real window, on a screen of its own.
test-desktop: package
	@.ci/toolkit tests
	go test -timeout 15m ./desktop/e2e

test-e2e: build setup-tests
	cd frontend && npm run e2e

lint: frontend/node_modules/.package-lock.json
	.ci/lint

bench: build setup-tests
	go test -run '^$$' -bench . -benchmem ./...
	CODER1_FIGURES=1 go test -v -count 1 -run 'Figures' ./engine/session
	go test -v -count 1 -run 'Figures' ./cloud/e2e
	cd frontend && npm run --silent bench

# Programs misbehave in a real 512 MB for about half an hour; then sessions with hungry commands. The store is
# killed 500 times, its disk fails 1000 times, the server is killed 40 times, 1 GB is streamed.
soak: setup-tests
	CODER1_SOAK_RUNS=42 go test -v -count 1 -timeout 3h -run 'Kill|Failing|Model' ./engine/session
	CODER1_SOAK_RUNS=42 go test -v -count 1 -timeout 3h -run 'Misbehaviour|Twenty|LargeSession|KilledServer' ./cloud/e2e

# The library of scenarios, simulated and for real, some forty minutes. As root, or where systemd-run --user works.
parity: build desktop-build
	@bin/coder1 parity --targets sim,cloud,desktop --tries 3

# The page's wire types, from the server's description of its API. A test holds them to it.
generate: frontend/node_modules/.package-lock.json
	go run ./cloud openapi > frontend/src/api/openapi.json
	cd frontend && npm run --silent generate

clean:
	rm -rf bin frontend/node_modules .ci/node_modules frontend/dist/assets frontend/dist/index.html
