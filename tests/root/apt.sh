# apt.sh: what another root's apt is told, to be read by sh: $sources and
# FOLDER/apt.conf, after apt_write FOLDER.
#
# Only this machine's apt knows where packages come from, and by which proxy.
sources=$(grep -lsw bookworm /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
	/etc/apt/sources.list.d/*.sources || true)

apt_write() {
	apt-config dump | grep '^Acquire::' |
		grep -v '::IndexTargets\|::CompressionTypes' >"$1/apt.conf"
}
