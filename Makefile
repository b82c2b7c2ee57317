# Handslag. `make run` starts the demo morning, `make test` tests everything.
# Both work on a fresh Debian or Ubuntu machine with Go and a C compiler.

SHELL := /bin/sh
BIN   := bin
STATE ?= .demo
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# What building the window needs: X11 and Wayland headers, OpenGL and EGL. Running it
# needs the matching libraries, which these bring along.
GUI_PACKAGES := xorg-dev libgl1-mesa-dev libwayland-dev libxkbcommon-dev libegl1-mesa-dev
GUI_PROBE    := x11 xcursor xrandr xinerama xi xxf86vm gl egl wayland-client xkbcommon

# The rooms that need no Fyne: they build fast and are tested with the race detector.
PLAIN := ./app/... ./assets/... ./identity/... ./sync/... ./testnet/... ./vault/...

.PHONY: conformance run build tools test test-plain test-windows lint openapi deps deps-test deps-bench deps-model deps-factor deps-postgres deps-cellar deps-systemd model camera fuzz bench load crash clean

run: build
	@$(BIN)/demo -state $(STATE) -bin $(BIN)

build: tools deps
	go build -trimpath -o $(BIN)/handslag .

# Everything but the window: no cgo.
tools:
	CGO_ENABLED=0 go build -trimpath -o $(BIN)/ ./app/cmd/...

test: deps-test tools test-plain test-windows

# What the tests of these are about is the disk; the others' temporary files lie in memory where it has room.
DISK := handslag/vault/disk handslag/vault/journalfile
QUICK := sh $(CURDIR)/.ci/inmemory

# What is a pure computation or another's alone the race detector leaves out: a translated SQLite costs ten times as much
# under it, and no goroutine of ours touches its memory. Not so Badger and libp2p, which what is ours passes through.
UNWATCHED := modernc.org/sqlite/lib modernc.org/libc/... modernc.org/memory crypto/internal/fips140/... golang.org/x/crypto/... \
	github.com/makiuchi-d/gozxing/... github.com/liyue201/goqr/...
WATCHED := go test -race $(UNWATCHED:%=-gcflags=%=-race=false) -timeout 40m

# libp2p calls a listener that is closed an error: such lines would bury what failed.
test-plain:
	sh .ci/summed $(WATCHED) $(DISK)
	GOLOG_LOG_LEVEL=error,swarm2=error+4 HANDSLAG_BIN=$(CURDIR)/$(BIN) sh .ci/summed $(QUICK) $(WATCHED) $$(go list $(PLAIN) | grep -vxF $(DISK:%=-e %))

# Fyne's test driver needs neither display nor C. The tag is left out on purpose: then a
# widget touched off the main thread is an error.
test-windows:
	CGO_ENABLED=0 sh .ci/summed $(QUICK) go test -timeout 40m ./ui/...

lint: deps $(BIN)/staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt would change: $$unformatted"; exit 1; }
	go vet ./...
	$(BIN)/staticcheck ./...
	go mod tidy -diff

$(BIN)/staticcheck:
	GOBIN=$(CURDIR)/$(BIN) go install $(STATICCHECK)

# The contract, written anew from the table of routes.
openapi:
	go test -count=1 -run TestTheContractIsCurrent ./app/connected/openapi -update

# A connected system, anybody's, tried by what is written: make conformance ARGS='-base https://… -org … -people FILE'.
# Without ARGS our own, on both databases.
conformance:
	@if [ -n "$(ARGS)" ]; then go run ./testnet/conformance $(ARGS); \
	else go test -count=1 -v -run 'Conform|OnPostgreSQL|Vector' ./app/connected ./testnet/conformance; fi

# Every fuzz test for a moment each; FUZZTIME=5m for longer.
FUZZTIME ?= 5s
fuzz:
	@sh .ci/fuzz $(FUZZTIME) $(PLAIN) ./ui/...

# The verification's state machine, searched by spin: the design holds, each weakening falls.
model: deps-model
	go test -count=1 -v ./sync/peer/model/

# The camera, on real Video4Linux devices: in a small machine of QEMU's, since a kernel's modules are
# no test's to load.
CAMERA_PACKAGES := qemu-system-x86 busybox-static cpio kmod gcc make linux-headers-amd64
camera:
	@test -n "$$(command -v qemu-system-x86_64)" -a -n "$$(command -v cpio)" -a -n "$$(ls -d /usr/src/linux-headers-*-amd64 2>/dev/null)" || { \
		echo "Installing what a small machine with cameras needs: $(CAMERA_PACKAGES)"; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(CAMERA_PACKAGES); }
	CGO_ENABLED=0 go test -c -o $(BIN)/camera.test ./ui/camera
	sh ui/camera/machine/boot.sh $(CURDIR)/$(BIN)/camera $(CURDIR)/$(BIN)/camera.test

# Speed and size in tables, and each promise beside what was measured: about ten minutes. With
# HANDSLAG_BENCH_LONG=1 the tables that grow go on to a million, which takes much longer.
bench: deps-bench deps-postgres tools
	@{ go test -run '^$$' -bench . -benchmem -timeout 2h ./vault/... ./identity/... ./sync/... ./app/...; \
		cd testnet/sqlcipher && HANDSLAG_BIN=$(CURDIR)/$(BIN) go run .; \
	} | go run ./testnet/bench

# Ten thousand devices that come back after an outage with 500 entries each, on SQLite and on PostgreSQL,
# beside what the bare engine and Tessera's log take; LOAD="-devices 1000" for less. Then a page of
# the audit log among up to five million entries. Hours, and 30 GB below TMPDIR meanwhile.
LOAD ?=
load: deps-postgres tools
	cd testnet/load/tessera && go build -o $(CURDIR)/$(BIN)/tessera .
	@for engine in sqlite postgres; do \
		HANDSLAG_BIN=$(CURDIR)/$(BIN) go run ./testnet/load -engine $$engine -tessera $(CURDIR)/$(BIN)/tessera $(LOAD) || exit 1; \
	done
	HANDSLAG_BENCH_LONG=1 go test -run '^$$' -bench Pages -timeout 3h ./app/connected/gate

# The long form of the crash tests: a process that writes the journal, and then the whole program
# against a connected system, are killed with -9 a thousand times each. A failed run prints the
# seed that repeats it: make crash SEED=N.
ROUNDS ?= 1000
SEED   ?= 0
crash: tools
	go test -count=1 -v -timeout 60m -run Kill9 ./vault/journalfile -rounds $(ROUNDS) -seed $(SEED)
	HANDSLAG_BIN=$(CURDIR)/$(BIN) go test -count=1 -v -timeout 3h -run Kill9 ./testnet -rounds $(ROUNDS) -seed $(SEED)

deps:
	@if pkg-config --exists $(GUI_PROBE) 2>/dev/null; then :; \
	elif command -v apt-get >/dev/null; then \
		echo "Installing what the window's build needs (headers of X11, Wayland and OpenGL, for Fyne):"; \
		echo "  pkg-config gcc $(GUI_PACKAGES)"; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends pkg-config gcc libc6-dev $(GUI_PACKAGES) libgl1-mesa-dri; \
	else \
		echo "The window's build needs a C compiler and the development files of: X11 (Xcursor, Xrandr, Xinerama,"; \
		echo "Xi, Xxf86vm), Wayland, xkbcommon, OpenGL and EGL. Install them with this system's package manager"; \
		echo "(Fedora: libX11-devel libXcursor-devel libXrandr-devel libXinerama-devel libXi-devel libXxf86vm-devel"; \
		echo "mesa-libGL-devel mesa-libEGL-devel wayland-devel libxkbcommon-devel), then try again."; exit 1; \
	fi

# The race detector wants a C compiler. The model of the verification wants spin too, what opens a
# vault a software TPM and a real keyring, what keeps an organisation's rows PostgreSQL, and the stories in
# cellars ip; where they can not be had, those tests say so and are skipped.
deps-test:
	@command -v $${CC:-gcc} >/dev/null || { echo "Installing gcc, which Go's race detector needs."; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gcc libc6-dev; }
	@$(MAKE) --no-print-directory deps-model || echo "Going on without spin."
	@$(MAKE) --no-print-directory deps-factor || echo "Going on without a software TPM or a keyring."
	@$(MAKE) --no-print-directory deps-postgres || echo "Going on without PostgreSQL."
	@$(MAKE) --no-print-directory deps-cellar || echo "Going on without rooms of their own for the agents."
	@$(MAKE) --no-print-directory deps-systemd || echo "Going on without systemd's word about its unit."

# Throw-away ones, a test each: swtpm plays the TPM, gnome-keyring the keyring, on a session bus
# of its own.
deps-factor:
	@if command -v swtpm >/dev/null && command -v gnome-keyring-daemon >/dev/null && command -v dbus-run-session >/dev/null; then :; \
	elif command -v apt-get >/dev/null; then \
		echo "Installing swtpm, a software TPM, and gnome-keyring with dbus, which the tests of the vault's factors speak to:"; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends swtpm gnome-keyring dbus; \
	else \
		echo "The tests of the vault's factors want swtpm, gnome-keyring and dbus, of this system's package manager."; exit 1; \
	fi

# Throw-away servers, one for each test binary that wants one, as an unprivileged user.
deps-postgres:
	@if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then :; \
	elif command -v apt-get >/dev/null; then \
		echo "Installing PostgreSQL, on which the connected system's tests run too:"; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql; \
	else \
		echo "The tests of the connected system on PostgreSQL want its server, of this system's package manager."; exit 1; \
	fi

# What is open in the unit that connected systemd prints is systemd's own word.
deps-systemd:
	@if command -v systemd-analyze >/dev/null; then :; \
	elif command -v apt-get >/dev/null; then \
		echo "Installing systemd (the package, not as this machine's init), which judges the unit that connected systemd prints:"; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends systemd; \
	else \
		exit 1; \
	fi

# The stories in cellars give each agent a network namespace, which ip furnishes.
deps-cellar:
	@if command -v ip >/dev/null; then :; \
	elif command -v apt-get >/dev/null; then \
		echo "Installing iproute2, which furnishes the rooms that agents meet in:"; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends iproute2; \
	else \
		echo "The stories in cellars want ip (iproute2), of this system's package manager."; exit 1; \
	fi

# What an opening is measured against. It is built in a module of its own, so the programs need
# none of it.
deps-bench:
	@if pkg-config --exists sqlcipher 2>/dev/null && command -v $${CC:-gcc} >/dev/null; then :; \
	elif command -v apt-get >/dev/null; then \
		echo "Installing SQLCipher, which openings are measured against, and gcc, which builds with it:"; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends libsqlcipher-dev pkg-config gcc libc6-dev; \
	else \
		echo "The benchmarks need SQLCipher's development files, pkg-config and gcc. Install them with this system's package manager, then try again."; exit 1; \
	fi

# Spin makes C of the model, and gcc a search of it.
deps-model:
	@if command -v spin >/dev/null && command -v gcc >/dev/null; then :; \
	elif command -v apt-get >/dev/null; then \
		echo "Installing spin, which searches the model of the verification, and gcc, which it needs:"; \
		$(AS_ROOT) apt-get update -q && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends spin gcc libc6-dev; \
	else \
		echo "The model needs spin (https://spinroot.com) and gcc. Install them with this system's package manager, then try again."; exit 1; \
	fi

AS_ROOT := $(shell test "$$(id -u)" = 0 || echo sudo)

clean:
	rm -rf $(STATE) $(BIN)
