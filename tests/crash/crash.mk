# What a crash leaves: crash.py says what is tried.  A few rows of it are in
# `make system`.  HOURS=1, or COUNT=n; SEED=n tries one round once more.

CRASH    := $(OUT)/crash/world $(OUT)/crash/shim.so

crash: all $(CRASH)
	@DNSD_BUILD=$(abspath $(OUT)) HOURS=$(HOURS) COUNT=$(COUNT) SEED=$(SEED) \
		/usr/bin/python3 -B tests/crash/crash.py

$(OUT)/obj/tests/crash/%.o: ALWAYS += -I. -Itests/unit

$(OUT)/crash/world: $(OUT)/obj/tests/crash/world.o $(OUT)/libwrite.a $(OUT)/libread.a
	@mkdir -p $(dir $@)
	@$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $(OUT)/libwrite.a $(LIBS_read) $(LIBS_write)

# Into any program, so without what KIND would need of it.
$(OUT)/crash/shim.so: tests/crash/shim.c
	@mkdir -p $(dir $@)
	@$(SAY) LD $@
	$(Q)$(CC) $(ALWAYS) $(WARN) -O1 -fPIC -shared -o $@ $< -ldl

.PHONY: crash
-include $(OUT)/obj/tests/crash/world.d
