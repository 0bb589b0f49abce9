# How it comes onto a host: `make install`, `make deb`, `make dist`.

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
SYSTEMDDIR ?= $(PREFIX)/lib/systemd
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions

VERSION    := $(shell sed -n 's/.*VERSION "\(.*\)"/\1/p' include/base/version.h)
DIST       := dnsd-$(VERSION)
MAN        := $(patsubst host/man/%.md,$(OUT)/man/%,$(wildcard host/man/*.md))

PUT_DOWN    = OUT='$(OUT)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' \
	SYSCONFDIR='$(SYSCONFDIR)' SYSTEMDDIR='$(SYSTEMDDIR)' \
	ZSHDIR='$(ZSHDIR)' host/install.sh

man: $(MAN)

# The programs say which options and commands there are.
$(OUT)/man/%: host/man/%.md host/man.py $(wildcard docs/*.md host/etc/*) \
		$(OUT)/dnsd $(OUT)/dnsctl
	@mkdir -p $(dir $@)
	@$(SAY) MAN $@
	$(Q)host/man.py $< $(OUT) >$@.new
	$(Q)mv $@.new $@

install: all man
	$(PUT_DOWN) install $(PACKAGE)

uninstall:
	$(PUT_DOWN) uninstall $(PACKAGE)

# What git knows, as it stands here; all there is where it knows nothing.
dist:
	@mkdir -p $(BUILD)
	{ git ls-files 2>/dev/null || \
		find * -path build -prune -o -type f -print; } | \
		tar --files-from=- --transform='s,^,$(DIST)/,' --sort=name \
		--owner=0 --group=0 --numeric-owner \
		--mtime="$$(sed -n 's/^ -- .*  //p' debian/changelog)" \
		-czf $(BUILD)/$(DIST).tar.gz

# From the tarball, so that nothing else is needed.
deb: packages-deb dist
	rm -rf $(BUILD)/deb
	mkdir -p $(BUILD)/deb
	tar -xzf $(BUILD)/$(DIST).tar.gz -C $(BUILD)/deb
	cd $(BUILD)/deb/$(DIST) && dpkg-buildpackage -us -uc -b
	@ls $(BUILD)/deb/*.deb

.PHONY: man install uninstall dist deb
