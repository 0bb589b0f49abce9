# The benchmarks; each writes its section of docs/performance.md.  BENCH=...
# passes options on, for example `make bench BENCH=--quick`.

PACKAGES_bench := $(PACKAGES_run) nsd knot bind9 pdns-server \
	pdns-backend-lmdb pdns-tools dnsmasq-base valgrind strace \
	lmdb-utils iproute2 util-linux python3
PACKAGES_bench-feed := $(PACKAGES_bench) bind9-dnsutils knot-dnsutils
PACKAGES_bench-fleet := $(PACKAGES_bench) etcd-server etcd-client python3-dnspython python3-yaml
PACKAGES_bench-wireguard := $(PACKAGES_run) wireguard-go wireguard-tools \
	iproute2 util-linux python3
PACKAGES_bench-forward := $(PACKAGES_bench) dnsdist unbound

BENCH_TOOLS := $(OUT)/echo $(OUT)/echo_tcp $(OUT)/load
BENCH_PORTS := $(OUT)/bench/ports.so
BENCH_PYTHON := BUILD=$(abspath $(OUT)) /usr/bin/python3 tests/bench

# What they need is installed before anything is built.
bench bench-feed bench-fleet bench-forward: bench%: packages-bench%
	@$(MAKE) all $(BENCH_TOOLS) $(BENCH_PORTS) $(OUT)/trace
	@$(BENCH_PYTHON)/$(subst -,_,$@).py $(BENCH)

bench-wireguard: packages-bench-wireguard
	@$(MAKE) all
	@$(BENCH_PYTHON)/bench_wireguard.py

bench_objects = $(patsubst %,$(OUT)/obj/tests/bench/%.o,$(1))

$(OUT)/echo: $(call bench_objects,echo)
$(OUT)/echo_tcp: $(call bench_objects,echo_tcp)
$(OUT)/load: $(call bench_objects,load load_questions load_tcp load_udp)
$(BENCH_TOOLS):
	@$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^

# Into dnsd, so without what KIND would need of it.
$(BENCH_PORTS): tests/bench/ports.c
	@mkdir -p $(dir $@)
	@$(SAY) LD $@
	$(Q)$(CC) $(ALWAYS) $(WARN) -O2 -fPIC -shared -o $@ $<

# The query path without sockets: what callgrind counts.
$(OUT)/trace: $(call bench_objects,trace load_questions) $(OUT)/libread.a
	@$(SAY) LD $@
	$(Q)$(LINK) -o $@ $^ $(LIBS_read)

.PHONY: bench bench-wireguard bench-feed bench-fleet bench-forward
-include $(wildcard $(OUT)/obj/tests/bench/*.d)
