# Options as --help has them; the argument of one is a file.
_dnsd() {
	case ${COMP_WORDS[COMP_CWORD]} in
	-*) mapfile -t COMPREPLY < <(compgen -W \
		"$("${COMP_WORDS[0]}" --help | grep -o -- '--[a-z-]*')" \
		-- "${COMP_WORDS[COMP_CWORD]}") ;;
	*) COMPREPLY=() ;;
	esac
}
complete -o default -F _dnsd dnsd
