#compdef dnsd
_gnu_generic
