# make help lists the targets.
GO ?= go
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## build bin/hone
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/hone ./cmd/hone

demo: build ## optimize a site of fixtures/ and show before and after
	@rm -rf tmp/demo && mkdir -p tmp/demo
	@./bin/hone build --meta tmp/demo/.hone -o tmp/demo/gallery fixtures/sites/gallery
	@echo; echo "The copy is in tmp/demo/gallery. One file's story:"; echo
	@./bin/hone explain --meta tmp/demo/.hone photos/dusk.jpg

test: ## run the tests; those that need a browser or a server say so when it is missing
	$(GO) test ./...

race: ## run the tests in random order under the race detector
	$(GO) test -race -shuffle=on -timeout 30m ./...

lint: ## gofmt, vet and staticcheck
	@out=$$(gofmt -s -l cmd optimize bundle cache site verify internal fixtures e2e); if [ -n "$$out" ]; then echo "gofmt -s: $$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags e2e ./e2e/... ./bundle/internal/layout
	$(GO) vet -tags benchdeploy ./cache
	$(GO) vet -tags emulators ./cache
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.7.0 ./...

arch: ## check that imports go down the floors only
	$(GO) test -run TestFloors ./internal/arch

soak: ## watch a site through ten thousand edits: memory, goroutines and descriptors stay (some 20 minutes)
	HONE_SOAK=$${HONE_SOAK:-10000} $(GO) test -run '^TestSoak$$' -count=1 -v -timeout 2h ./cmd/hone

fuzz: ## fuzz every target for FUZZTIME (default 10s each)
	@sh scripts/fuzz.sh $${FUZZTIME:-10s}

bench: ## run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-peers: build ## run jampack (npm) beside hone on three sites fetched from npm
	@sh scripts/bench-peers.sh

bench-images: ## encode photographs and graphics with sharp (npm) beside hone, at equal score
	@sh scripts/bench-images.sh

bench-deploy: ## what three edits of a site of a thousand pages cost, beside aws s3 sync
	@$(GO) test -tags benchdeploy -run '^TestBenchDeploy$$' -count=1 -v -timeout 20m ./cache | grep '^|'

e2e: ## load the fixture sites in Chromium: before and after, and as somebody who comes back
	E2E_REQUIRED=1 $(GO) test -tags e2e -timeout 20m ./e2e/... ./bundle/internal/layout

generators: ## let Hugo, Eleventy, Vite and Astro build into the folder that hone serve watches; npm fetches all but Hugo
	cd e2e/generators && npm ci --no-audit --no-fund
	GENERATORS_REQUIRED=1 $(GO) test -tags e2e -count=1 -v -timeout 10m -run '^TestGenerators$$' ./e2e

emulators: ## ask the emulators of Netlify, Cloudflare, Firebase and Azure (npm) for every address of an optimized site
	cd cache/emulators && npm ci --ignore-scripts --no-audit --no-fund
	EMULATORS_REQUIRED=1 $(GO) test -tags emulators -count=1 -v -timeout 10m -run '^(TestEmulators|TestVercelBuild)$$' ./cache

gates: ## hold the live rules against real gates (npm), caches and a link checker
	cd verify/gates && npm ci --ignore-scripts --no-audit --no-fund
	SERVERS_REQUIRED=1 $(GO) test -count=1 -v ./verify/gates

rum: ## make the scripts of real-user measuring anew from web-vitals (npm) and hold what is kept to them
	$(GO) generate ./internal/rum
	RUM_REQUIRED=1 $(GO) test -count=1 ./internal/rum/...

golden: ## write the golden files anew; read the diff
	$(GO) test ./internal/report ./internal/config ./cmd/... -update

.PHONY: help build demo test race lint arch soak fuzz bench bench-peers bench-images bench-deploy e2e generators emulators gates rum golden
