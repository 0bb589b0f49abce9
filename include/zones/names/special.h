/*
 * special.h - names that are nobody's: their meaning is in an RFC.
 *
 * They are answered alike for everybody and never forwarded; most of all those
 * that would lead clients round the private names.  An operator may take one
 * for an ordinary name.
 */
#ifndef ZONES_NAMES_SPECIAL_H
#define ZONES_NAMES_SPECIAL_H

#include "zones/names/name.h"

#define NAME_SPECIALS 11

/* Kind and apex, where D is a special name or below one, WITHOUT apart. */
bool special_read(struct name *, const struct dname *, special_set without);

/* The set of this one alone, as "home.arpa"; false: there is none. */
bool special_named(const char *text, special_set *);

#endif
