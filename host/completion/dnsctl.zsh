#compdef dnsctl
local -a found
found=("${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
[[ -n "$found" ]] && compadd -a found || _files
