# What Debian packages each command needs; `packages-WHAT` installs the missing.

# Installed without what they recommend, which of gcc are the C library's headers.
PACKAGES_run := gcc libc6-dev make libldns-dev libevent-dev liblmdb-dev \
	libjansson-dev libqrencode-dev libpng-dev libyaml-dev libcurl4-openssl-dev libssl-dev \
	libmicrohttpd-dev libgnutls28-dev libseccomp-dev libfstrm-dev libprotobuf-c-dev \
	protobuf-c-compiler libjs-chart.js bind9-dnsutils
PACKAGES_install := $(PACKAGES_run) python3-minimal
PACKAGES_deb := $(PACKAGES_install) build-essential debhelper python3
# Compilers and checkers, what the tests are written with, then the clients and
# the other servers that the system tests talk to.
PACKAGES_test := $(PACKAGES_run) clang-14 clang-format-14 cppcheck \
	libclang-rt-14-dev libcmocka-dev strace valgrind iproute2 util-linux \
	procps systemd mandoc python3-pytest python3-pytest-xdist python3-dnspython python3-yaml \
	ldnsutils musl-tools gcc-aarch64-linux-gnu golang-go nodejs openjdk-17-jdk-headless haproxy \
	unbound nsd wireguard-go wireguard-tools zbar-tools etcd-server etcd-client openssl faketime \
	mmdebstrap mount systemd-container lintian prometheus chromium tmux \
	fstrm-bin zsh \
	$(if $(shell command -v npm),,npm)

packages-%:
	@tests/install.sh $(PACKAGES_$*)
