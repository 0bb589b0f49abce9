# dnsd - the private DNS server of a fleet.
#
#	make run	build, fill a store with the sample, serve it on loopback
#	make test	everything: lint, unit, fuzz corpora, system, a bare Debian
#	make		build/dnsd and build/dnsctl
#	make install | uninstall | deb | dist	as host/host.mk has it
#	make format | lint | unit | system | root | fuzz
#	make bench | bench-feed | bench-forward | bench-wireguard
#	make crash	writers killed, machines stopped, disks full; HOURS=1, COUNT=n
#	make KIND=asan | tsan [unit | system]	the same, watched by a sanitizer
#	make KIND=debug	for a debugger; all but release assert what headers state
#	make V=1	says the commands

KIND     ?= release
ifeq ($(origin CC),default)
CC       := $(if $(filter fuzz,$(KIND)),clang-14,gcc)
endif
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc) --no-print-directory
endif

BUILD    := build
Q        := $(if $(V),,@)
SAY      := $(if $(V),:,printf '  %s %s\n')

# CPPFLAGS, CFLAGS and LDFLAGS are the user's, from the environment or the
# command line: they come after ours and take nothing of ours away.
ALWAYS   := -std=c11 -D_GNU_SOURCE -Iinclude -I$(BUILD)/gen \
	-include include/base/banned.h
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wswitch-enum -Wwrite-strings -Wvla -Wformat=2 \
	-Wundef -Wcast-qual
# clang would need a linker of its own for it.
LTO      := $(if $(findstring clang,$(CC)),,-flto=auto)
# Without optimisation the C library refuses it, with a warning a file.
FORTIFY  := $(if $(filter -O0,$(CFLAGS)),,-D_FORTIFY_SOURCE=2)
# Functions begin at a cache line: by chance some did not, and the same query
# took 0.013 µs more or less with each change of anything before it.
# Without -fno-strict-aliasing, gcc 12 took the function that skips a name for
# one that leaves its cursor where it was, as it optimises the whole program.
KIND_release := -O2 -g -DNDEBUG $(LTO) -fno-strict-aliasing -falign-functions=64 \
	-fno-semantic-interposition $(FORTIFY) -fstack-protector-strong \
	-fstack-clash-protection -fPIE
LINK_release := $(LTO) -falign-functions=64 -pie -Wl,-z,relro,-z,now
KIND_debug := -O0 -g
KIND_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
KIND_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread \
	-Wno-maybe-uninitialized
# To trace each comparison took a third of the time, in which more is reached
# without; what strings are compared with is known anyway.
KIND_fuzz := -O1 -g -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-sanitize-coverage=trace-cmp
COMPILE   = $(CC) $(ALWAYS) $(WARN) $(KIND_$(KIND)) $(CPPFLAGS) $(CFLAGS) $(HARDER)
# The linker optimises the whole program, so it takes CFLAGS too.
LINK      = $(CC) $(or $(LINK_$(KIND)),$(KIND_$(KIND))) $(CFLAGS) $(LDFLAGS)
LIBS_read   := -llmdb -lm -lpthread
LIBS_write  := -ljansson -lldns -lpthread
LIBS_dnsd   := -levent_core -levent_openssl -lssl -lcrypto -lyaml -lfstrm -lprotobuf-c -lseccomp \
	-lpthread
LIBS_dnsctl := -lcurl -lmicrohttpd -lgnutls -lcrypto -lqrencode -lpng -lseccomp -lyaml -lpthread

# Each kind of build has a folder of its own; release is the one installed.
OUT      := $(if $(filter release,$(KIND)),$(BUILD),$(BUILD)/$(KIND))
objects   = $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard $(addsuffix /*.c,$(1))))

# The rooms, each knowing only those before it (docs/architecture.md).  What
# dnsd may do is what it is linked with: nothing that writes is in it.
ROOMS_read   := zones/base zones/names zones/store/read zones/query
ROOMS_write  := zones/facts zones/store/write zones/feed
ROOMS_dnsd   := host dnsd/config dnsd/tap dnsd/forward dnsd/listen dnsd/server dnsd
ROOMS_dnsctl := host dnsd/config dnsctl/listen dnsctl/source dnsctl/etcd dnsctl/relay \
	dnsctl/control dnsctl/explain dnsctl/doctor dnsctl/serve dnsctl/wireguard dnsctl

# For rooms that no answer passes through.  Of a query's 1,464 instructions
# (`make instructions`) the one would cost 15 more, the other 55; clang 14 has
# not the other, and -fcf-protection, 6 more, is of one kind of processor.
ifeq ($(KIND)$(findstring clang,$(CC)),release)
$(call objects,host dnsd/config $(ROOMS_write) $(filter dnsctl%,$(ROOMS_dnsctl))): \
	HARDER = $(if $(FORTIFY),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3) \
	-ftrivial-auto-var-init=zero
endif

# What protobuf-c makes of the frames' schema is compiled as if it were ours.
FRAMES   := $(OUT)/obj/$(BUILD)/gen/dnstap.pb-c.o

all: $(OUT)/dnsd $(OUT)/dnsctl

$(OUT)/dnsd: $(call objects,$(ROOMS_read) $(ROOMS_dnsd)) $(FRAMES)
	@$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $(LIBS_read) $(LIBS_dnsd)

$(OUT)/dnsctl: $(call objects,$(ROOMS_read) $(ROOMS_write) $(ROOMS_dnsctl))
	@$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $(LIBS_read) $(LIBS_write) $(LIBS_dnsctl)

$(OUT)/obj/%.o: %.c
	@mkdir -p $(dir $@)
	@$(SAY) CC $@
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

# The page is in the program: each of its files as the numbers of an array.
# What draws its charts is taken from its Debian package, libjs-chart.js.
PAGE     := $(patsubst dnsctl/serve/page/%,$(BUILD)/gen/page/%.h,$(wildcard \
	dnsctl/serve/page/*)) $(BUILD)/gen/page/chart.min.js.h
octets    = od -An -v -tx1 $(1) | sed 's/ \(..\)/0x\1,/g'

$(OUT)/obj/dnsctl/serve/assets.o: $(PAGE)

$(BUILD)/gen/page/%.h: dnsctl/serve/page/%
	@mkdir -p $(dir $@)
	$(Q)$(call octets,$<) >$@

$(BUILD)/gen/page/chart.min.js.h: /usr/share/javascript/chart.js/chart.min.js
	@mkdir -p $(dir $@)
	$(Q)$(call octets,$<) >$@

$(OUT)/obj/dnsd/tap/frame.o: $(BUILD)/gen/dnstap.pb-c.h
$(BUILD)/gen/%.pb-c.c $(BUILD)/gen/%.pb-c.h: dnsd/tap/%.proto
	@mkdir -p $(dir $@)
	$(Q)protoc-c --c_out=$(BUILD)/gen -I dnsd/tap $<

# Serves the sample network on loopback, in the foreground.
run: packages-run
	@$(MAKE) -s all
	@tests/sample/serve.sh $(OUT) $(BUILD)/run

clean:
	rm -rf $(BUILD)

include tests/packages.mk tests/crash/crash.mk tests/tests.mk fuzz/fuzz.mk host/host.mk
-include $(wildcard tests/bench/*.mk)

.PHONY: all run clean
-include $(wildcard $(addprefix $(OUT)/obj/,$(addsuffix /*.d,$(ROOMS_read) \
	$(ROOMS_write) $(ROOMS_dnsd) $(ROOMS_dnsctl) fuzz)))
