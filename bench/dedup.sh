#!/bin/sh
exec perl -It/lib "$(dirname "$0")/dedup.pl"
