# The tests.  Each target ends with a line "N passed, N failed"; `make test`
# runs them all, ends with the sum, and fails when anything failed.

PLAYWRIGHT := $(BUILD)/npm/node_modules/playwright-core

test: packages-test $(PLAYWRIGHT)
	@tests/all.sh

# --- lint: how the sources look, and what the compilers and checkers say;
# CHECK=rooms is that check alone
format:
	clang-format-14 -i $$(git ls-files '*.c' '*.h')

lint: $(PAGE) $(BUILD)/gen/dnstap.pb-c.h
	@FLAGS="$(ALWAYS) $(WARN) -Werror" DNSD_ROOMS="$(ROOMS_read) $(ROOMS_dnsd)" \
		LIBRARIES="$(filter lib%-dev,$(filter-out libc6-dev,$(PACKAGES_run)))" \
		ROOMS="$(ROOMS_read) $(ROOMS_write) $(ROOMS_dnsd) $(ROOMS_dnsctl)" \
		tests/lint/run.sh $(CHECK)

# How much there is to read; and whether lint sees what is broken.
lines:
	@/usr/bin/python3 -B tests/lint/lines.py $(ROOMS_read) $(ROOMS_dnsd)

lint-breaks:
	@/usr/bin/python3 -B tests/lint/breaks.py

# --- unit: tests/unit/ROOM/test_X.c is a cmocka program with everything but the
# mains linked in, as far as it uses it; ONLY=X builds and runs that one
ONLY    ?= *
UNIT    := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(wildcard tests/unit/*/test_$(ONLY).c))
MODULES := $(foreach l,read write dnsd dnsctl,$(OUT)/lib$(l).a)
AR      := $(if $(LTO),gcc-ar,ar)

unit: $(UNIT)
	@tests/unit/run.sh $(OUT)/unit '$(ONLY)'

$(OUT)/unit/%: $(OUT)/obj/tests/unit/%.o $(MODULES)
	@mkdir -p $(dir $@)
	@$(SAY) LD $@
	$(Q)$(LINK) -o $@ $< -Wl,--start-group $(MODULES) \
		-Wl,--end-group $(LIBS_read) $(LIBS_write) $(LIBS_dnsd) \
		$(LIBS_dnsctl) -lcmocka

# A thousand damages of a store's file, or as many as DAMAGES says: nothing dies.
damages:
	@DNSD_DAMAGES=$(or $(DAMAGES),1000) $(MAKE) unit ONLY=store_pages

define module
$(OUT)/lib$(1).a: $$(filter-out %/main.o,$$(call objects,$(ROOMS_$(1)))) \
		$(if $(filter dnsd,$(1)),$(FRAMES))
	@rm -f $$@
	@mkdir -p $$(dir $$@)
	@$$(SAY) AR $$@
	$$(Q)$$(AR) rcs $$@ $$^
endef
$(foreach l,read write dnsd dnsctl,$(eval $(call module,$(l))))

# What several tests or fuzz targets share lies beside them.
$(OUT)/obj/tests/unit/%.o $(OUT)/obj/fuzz/%.o: ALWAYS += -I. -Itests/unit

# --- instructions: what a query costs, against tests/bench/instructions.txt
instructions: all $(OUT)/trace
	@BUILD=$(abspath $(OUT)) /usr/bin/python3 tests/bench/instructions.py

# --- system: the built programs, in namespaces of their own
system: all $(PLAYWRIGHT) $(CRASH)
	@DNSD_PLAYWRIGHT=$(abspath $(PLAYWRIGHT)) tests/system/run.sh $(abspath $(OUT)) $(PYTEST)

# Two who choose an address at one time, so often.
at-once:
	@DNSD_ROUNDS=1000 $(MAKE) system PYTEST="-k at_once"

# What drives Chromium, by its name in npm's registry.
$(PLAYWRIGHT):
	@$(SAY) NPM $@
	$(Q)npm install --silent --no-audit --no-fund --prefix $(BUILD)/npm playwright-core@1.65.1

# The pictures in docs/, made anew by the test of the page.
screenshots:
	@DNSD_SHOTS=$(abspath docs) $(MAKE) system PYTEST=test_page.py

# --- root: the README's first command, and the packages that it and the manual
# list, in roots of a bare Debian 12
root:
	@tests/root/run.sh

.PHONY: damages screenshots at-once test format lint lint-breaks lines unit instructions system root
.SECONDARY:
-include $(wildcard $(OUT)/obj/tests/unit/*/*.d)
