# Fuzzing.  fuzz/fuzz_X.c is a libFuzzer target, fuzz/corpus/X/ its corpus.

FUZZ_SECONDS ?= 60
FUZZ := $(patsubst fuzz/%.c,$(OUT)/%,$(wildcard fuzz/fuzz_*.c))

# Each target for a minute.  What it learns goes to build/fuzz/corpus, what
# breaks it to build/fuzz/.
fuzz: packages-test
	@$(MAKE) KIND=fuzz fuzz-programs
	@fuzz/run.sh $(BUILD)/fuzz $(FUZZ_SECONDS)

# All of them for HOURS, in turns, on all processors.
HOURS ?= 1
fuzz-long: packages-test
	@$(MAKE) KIND=fuzz fuzz-programs
	@fuzz/long.sh $(BUILD)/fuzz $(HOURS)

# Every input of the corpora once, as a part of `make test`.
fuzz-replay:
	@$(MAKE) KIND=fuzz fuzz-programs
	@fuzz/replay.sh $(BUILD)/fuzz

fuzz-programs: $(FUZZ)

$(OUT)/fuzz_%: $(OUT)/obj/fuzz/fuzz_%.o $(MODULES)
	@$(SAY) LD $@
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $< -Wl,--start-group \
		$(MODULES) -Wl,--end-group $(LIBS_read) $(LIBS_write) \
		$(LIBS_dnsd) $(LIBS_dnsctl)

.PHONY: fuzz fuzz-long fuzz-replay fuzz-programs
