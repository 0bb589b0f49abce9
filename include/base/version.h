/*
 * version.h - of both programs; debian/changelog's first line has the same.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define VERSION "0.1"

#endif
