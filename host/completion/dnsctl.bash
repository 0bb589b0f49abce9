# The program itself knows what may stand where; files where it knows nothing.
_dnsctl() {
	mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" complete -- \
		"${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _dnsctl dnsctl
