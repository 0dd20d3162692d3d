# cuewire: `make help` says what there is. Everything made lies in build/.
# BUILD=release|debug|asan|tsan chooses the variant, V=1 shows the commands.
BUILD ?= release
B := build/$(BUILD)
V ?= 0
PREFIX ?= /usr/local
DESTDIR ?=
PKG_CONFIG ?= pkg-config
Q := $(if $(filter 1,$(V)),,@)
OS := $(shell uname -s)
ifeq ($(filter release debug asan tsan,$(BUILD)),)
$(error BUILD is "$(BUILD)", expected release, debug, asan or tsan)
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith \
	-Wwrite-strings $(if $(WERROR),-Werror)
OPT.release := -O2
OPT.debug := -Og -g3
OPT.asan := -O1 -g
OPT.tsan := -O1 -g
SAN.asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SAN.tsan := -fsanitize=thread
CFLAGS ?= $(OPT.$(BUILD))

# flags KIND,PACKAGE,FALLBACK: from pkg-config where it knows the package
flags = $(shell $(PKG_CONFIG) --$(1) $(2) 2>/dev/null || echo $(3))
PORTMIDI_CFLAGS ?= $(call flags,cflags,portmidi,)
PORTMIDI_LIBS ?= $(call flags,libs,portmidi,-lportmidi)
# what the system's MIDI tells beside PortMidi: src/port/system_*.c
SYSTEM.Linux := alsa
SYSTEM.Darwin := coremidi
SYSTEM_CFLAGS.alsa = $(call flags,cflags,alsa,)
SYSTEM_CFLAGS.coremidi := -D_DARWIN_C_SOURCE
SYSTEM_LIBS.alsa = $(call flags,libs,alsa,-lasound)
SYSTEM_LIBS.coremidi := -framework CoreMIDI -framework CoreFoundation
SYSTEM := $(or $(SYSTEM.$(OS)),none)
SYSTEM_LIBS := $(SYSTEM_LIBS.$(SYSTEM))
LIBS ?= $(call flags,libs,liblo,-llo) $(call flags,libs,libcjson,-lcjson) -lm
LIB_CFLAGS := $(call flags,cflags,liblo,) $(call flags,cflags,libcjson,)
CMOCKA_CFLAGS := $(call flags,cflags,cmocka,)
CMOCKA_LIBS := $(call flags,libs,cmocka,-lcmocka)

override CPPFLAGS += -Iinclude -I$(B)/gen -D_XOPEN_SOURCE=700 -MMD -MP
override CFLAGS += -std=c11 -pthread -fvisibility=hidden $(WARN) $(SAN.$(BUILD))
override LDFLAGS += -pthread $(SAN.$(BUILD))

SRC := $(wildcard src/base/*.c src/core/*.c src/conf/*.c src/io/*.c src/app/*.c)
PORT_SRC := $(filter-out src/port/system_%.c,$(wildcard src/port/*.c)) src/port/system_$(SYSTEM).c
LIB_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out src/app/main.c,$(SRC)))
LIB := $(B)/libcuewire.a
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FAULT_LIBS := $(B)/fault/libportmidi.so.0 $(B)/fault2/libportmidi.so.0
TOOLS := $(B)/cuewire $(B)/cuewire-port

all: $(TOOLS)

help:
	@sed -n 's/^#: //p' Makefile

#: make                  builds cuewire and cuewire-port in build/$BUILD (release)
#: make check            all tests that need no hardware; T="test_osc test_run" picks some
#: make test-alsa        tests on a real ALSA sequencer (in a small virtual machine where needed)
#: make faults           what each fault of a driver costs, on the pretend PortMidi; BLESS=1 records it
#: make soak             an hour of what goes wrong; SOAK="--seconds N --restarts N --rounds N"
#: make bench            latency and cost beside a bare echo of the same packets
#: make fuzz             builds the targets of tests/fuzz for libFuzzer (clang) in build/fuzz
#: make schema           writes mappings/mapping.schema.json and the lists of keys and codes in the manual anew
#: make lint format      clang-tidy and the layers; clang-format
#: make install          to DESTDIR and PREFIX (/usr/local); make uninstall takes it away
#: make clean            removes build/
#: BUILD=release|debug|asan|tsan   V=1 shows commands   WERROR=1   CC=clang

# ---- building ----

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@$(if $(filter 0,$(V)),echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(OBJ_CFLAGS) -c -o $@ $<

$(B)/src/io/%.o $(B)/src/conf/%.o: OBJ_CFLAGS = $(LIB_CFLAGS)
$(B)/src/port/%.o: OBJ_CFLAGS = $(PORTMIDI_CFLAGS)
$(B)/src/port/system_%.o: OBJ_CFLAGS = $(SYSTEM_CFLAGS.$(SYSTEM))
$(B)/src/app/programs.o: $(B)/gen/version.h

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/cuewire: $(B)/src/app/main.o $(LIB)
	@$(if $(filter 0,$(V)),echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/cuewire-port: $(patsubst %.c,$(B)/%.o,$(PORT_SRC)) $(LIB)
	@$(if $(filter 0,$(V)),echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PORTMIDI_LIBS) $(SYSTEM_LIBS) -lm

# Rewritten only when it changes.
$(B)/gen/version.h: FORCE
	@mkdir -p $(@D)
	@v=$$(git describe --tags --always --dirty 2>/dev/null || echo 0.1.0); \
	printf '#define CUEWIRE_VERSION "%s"\n' "$$v" >$@.new; \
	cmp -s $@.new $@ && rm $@.new || mv $@.new $@
FORCE:

# ---- tests ----

$(B)/tests/%: $(B)/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CMOCKA_LIBS) $(LIBS)
$(B)/tests/unit/%.o: OBJ_CFLAGS = $(CMOCKA_CFLAGS) $(LIB_CFLAGS)

# A fuzz target with a main that replays its corpus.
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/tests/fuzz/%.o: OBJ_CFLAGS = $(LIB_CFLAGS)

# The same for libFuzzer: build/fuzz/fuzz_osc tests/fuzz/corpus/osc
FUZZER := -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
fuzz:
	@mkdir -p build/fuzz
	$(Q)for t in $(notdir $(basename $(wildcard tests/fuzz/fuzz_*.c))); do \
		clang $(CPPFLAGS:-M%=) -std=c11 $(FUZZER) $(LIB_CFLAGS) -o build/fuzz/$$t tests/fuzz/$$t.c \
			$(filter-out src/app/%,$(SRC)) $(LIBS) || exit 1; \
	done

# A PortMidi that hangs, crashes and fails to order; the loader puts it in the real one's place.
# fault is like 217, fault2 like 2.x.
$(B)/fault2/%: FAULT_FLAGS := -DPRETEND_2
$(FAULT_LIBS): tests/fault/portmidi.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_XOPEN_SOURCE=700 -O2 -fPIC -shared $(WARN) -Wl,-soname,libportmidi.so.0 \
		$(FAULT_FLAGS) $(PORTMIDI_CFLAGS) -pthread -o $@ $<

CHECK := $(UNIT) $(wildcard tests/scripts/*.sh tests/cli/test_*.sh tests/cli/test_*.py)
PICKED := $(if $(T),$(foreach t,$(T),$(filter %/$(t) %/$(t).sh %/$(t).py,$(CHECK))),$(CHECK))
CHECK_TOOLS := $(TOOLS) $(FUZZ) $(if $(filter Linux,$(OS)),$(FAULT_LIBS))

check: $(CHECK_TOOLS) $(UNIT)
	@$(if $(PICKED),,echo "no test is called $(T)" >&2; exit 2)
	@rm -rf $(B)/tap && mkdir -p $(B)/tap
	@CUEWIRE_BUILD=$(B) TAP_DIR=$(B)/tap prove -j3 $(PROVE_FLAGS) --exec scripts/tap-run $(PICKED)

# On a real ALSA sequencer.
ALSA_TOOLS := $(if $(filter Linux,$(OS)),$(patsubst tests/alsa/%.c,$(B)/alsa/%,$(wildcard tests/alsa/*.c)))
$(B)/alsa/%: tests/alsa/%.c $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS:-M%=) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lasound

test-alsa: $(TOOLS) $(ALSA_TOOLS)
	@rm -rf $(B)/tap-alsa && mkdir -p $(B)/tap-alsa
	@CUEWIRE_BUILD=$(B) TAP_DIR=$(B)/tap-alsa prove $(PROVE_FLAGS) --exec scripts/tap-run \
		tests/alsa/run tests/alsa/exact

# What faults of the driver cost; BLESS=1 writes docs/FAULTS.md.
faults: $(CHECK_TOOLS)
	@CUEWIRE_BUILD=$(B) tests/faults/run

# Hours of what goes wrong; its table is for docs/SOAK.md.
soak: $(CHECK_TOOLS) $(ALSA_TOOLS)
	CUEWIRE_BUILD=$(B) tests/soak/run $(SOAK)

# What it costs, beside a bare echo of the same packets; written to build/bench.txt too.
BENCH_SRC := $(wildcard tests/bench/*.c)
$(B)/bench/bench: $(filter-out tests/bench/echo.c,$(BENCH_SRC)) tests/bench/*.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS:-M%=) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^)
$(B)/bench/echo: tests/bench/echo.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS:-M%=) $(CFLAGS) $(LDFLAGS) -o $@ $<

bench: $(CHECK_TOOLS) $(B)/bench/bench $(B)/bench/echo
	tests/bench/run $(B) build/bench.txt

# ---- upkeep ----

schema: $(TOOLS)
	scripts/update-docs $(B)/cuewire

lint:
	tests/scripts/layers.sh
	clang-tidy --quiet $(SRC) $(PORT_SRC) -- $(CPPFLAGS) -std=c11 $(LIB_CFLAGS)

format:
	clang-format -i src/*/*.c src/*/*.h include/cuewire/*.h tests/unit/*.c tests/fuzz/*.c

clean:
	rm -rf build

# ---- installing ----

BIN := $(DESTDIR)$(PREFIX)/bin
LIBEXEC := $(DESTDIR)$(PREFIX)/libexec/cuewire
SHARE := $(DESTDIR)$(PREFIX)/share/cuewire/mappings
MAN := $(DESTDIR)$(PREFIX)/share/man

install: all
	install -d $(BIN) $(LIBEXEC) $(SHARE) $(MAN)/man1 $(MAN)/man5
	install -m 755 $(B)/cuewire $(BIN)
	install -m 755 $(B)/cuewire-port $(LIBEXEC)
	install -m 644 mappings/*.json $(SHARE)
	install -m 644 docs/cuewire.1 $(MAN)/man1
	install -m 644 docs/cuewire-mapping.5 $(MAN)/man5

uninstall:
	rm -f $(BIN)/cuewire $(MAN)/man1/cuewire.1 $(MAN)/man5/cuewire-mapping.5
	rm -rf $(LIBEXEC) $(DESTDIR)$(PREFIX)/share/cuewire

.SECONDARY:
.PHONY: all help check test-alsa faults soak bench fuzz schema lint format clean install uninstall FORCE
-include $(wildcard $(B)/src/*/*.d $(B)/tests/*/*.d)
